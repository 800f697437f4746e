'use strict';
/* A time limit and the caller's own signal, as one signal; and which of them it was. */
const clock = require('./clock');
const { AbortError, ConnectionError, TimeoutError } = require('./errors');

class Watch {
  #controller = new AbortController();
  #ms;
  #caller;
  #server;
  #disarm = () => {};
  #onAbort = () => this.#controller.abort(this.#caller.reason);
  timedOut = false;

  /** ms may be Infinity; caller is an AbortSignal or undefined; server is told of in errors. It has to be ended. */
  constructor(ms, caller, server = 'The server') {
    this.#ms = ms;
    this.#server = server;
    this.#caller = caller;
    if (caller?.aborted) this.#onAbort();
    caller?.addEventListener('abort', this.#onAbort, { once: true });
    this.restart();
  }

  get signal() {
    return this.#controller.signal;
  }

  get aborted() {
    return this.#caller?.aborted ?? false;
  }

  /** The whole time again: for streams, at each sign of life. */
  restart() {
    this.#disarm();
    if (this.#ms === Infinity) return;
    this.#disarm = clock.after(this.#ms, () => {
      this.timedOut = true;
      this.#controller.abort();
    });
  }

  /** Why something that was given the signal has failed. */
  explain(cause) {
    if (this.aborted) return aborted(this.#caller);
    if (this.timedOut) return new TimeoutError(`${this.#server} did not answer within ${this.#ms / 1000} s`);
    return new ConnectionError(`${this.#server} could not be reached, or the connection broke: ${reasonOf(cause)}`, { cause });
  }

  end() {
    this.#disarm();
    this.#caller?.removeEventListener('abort', this.#onAbort);
  }

  /** Ends it and whatever still goes on under its signal. */
  abandon() {
    this.end();
    this.#controller.abort();
  }
}

function aborted(signal) {
  return new AbortError('The request was aborted', { cause: signal.reason });
}

/* fetch says "fetch failed" and keeps the reason behind it, which may be several: one for each address. That of OpenSSL is
 * put after the numbers of its source, in a line of its own. */
function reasonOf(error) {
  const { cause } = error;
  const inner = cause?.errors?.[0] ?? cause ?? error;
  if (inner.library === 'SSL routines' && inner.reason) return `TLS: ${inner.reason}`;
  return (inner.message || inner.code || error.message).trim();
}

/** Waits, unless the signal is aborted meanwhile: AbortError. */
async function sleep(ms, signal) {
  try {
    await clock.sleep(ms, signal);
  } catch (error) {
    throw signal?.aborted ? aborted(signal) : error;
  }
}

module.exports = { Watch, sleep };
