'use strict';
/* Requests over fetch: each attempt has a time limit that also holds while the body is read, and what may pass by itself
 * is tried again. Nothing else knows the credentials. */
const answers = require('./answers');
const retry = require('./retry');
const { Watch, sleep } = require('./watch');
const { version } = require('../package.json');

const USER_AGENT = `agentiv-sdk-node/${version}`;

class Transport {
  static BODY_MAX = 256 << 20;      // bytes of an answer

  #base;
  #credentials;
  #fetch;

  /** base: a URL without a slash at its end; credentials: the headers that say who asks. */
  constructor(base, credentials, fetch) {
    this.#base = base;
    this.#credentials = credentials;
    this.#fetch = fetch;
  }

  get base() {
    return this.#base;
  }

  /**
   * Sends request {method, path, headers, body, bare} until it is answered; resolves to {body, response}.
   * options: {timeout, maxRetries, signal, deadline}
   */
  async send(request, options) {
    let lost = false;
    for (let tries = 0; ; tries++) {
      try {
        return await this.#exchange(request, options);
      } catch (error) {
        const ms = retry.pause(error, tries, options.maxRetries, options.deadline);
        if (ms === null) throw retry.afterLoss(error, lost);
        lost ||= retry.mayBeDone(error);
        await sleep(ms, options.signal);
      }
    }
  }

  /** One attempt at an event stream: its bytes, as they come. A silence of options.timeout ends it. */
  async *open(request, options) {
    const watch = new Watch(options.timeout, options.signal, this.#base);
    try {
      const response = await this.#fetched(request, watch);
      const { status, headers } = response;
      if (!response.ok) answers.check({ status, headers, text: await textOf(response, watch) });
      if (!/^text\/event-stream\b/i.test(headers.get('content-type') ?? '')) {
        throw answers.malformed(response, 'something else than an event stream', false);
      }
      yield* bytesOf(response, watch);
    } finally {
      watch.abandon();
    }
  }

  async #exchange(request, options) {
    const watch = new Watch(options.timeout, options.signal, this.#base);
    try {
      const response = await this.#fetched(request, watch);
      const answer = { status: response.status, headers: response.headers, text: await textOf(response, watch) };
      return { body: answers.read(answer, request.bare), response: answers.describe(answer) };
    } finally {
      watch.end();
    }
  }

  async #fetched({ method, path, headers, body }, watch) {
    const init = {
      method,
      body,
      headers: { accept: 'application/json', 'user-agent': USER_AGENT, ...headers, ...this.#credentials },
      redirect: 'manual',       // the key goes to no other host
      signal: watch.signal,
    };
    try {
      return await this.#fetch(this.#base + path, init);
    } catch (error) {
      throw watch.explain(error);
    }
  }
}

async function textOf(response, watch) {
  const decoder = new TextDecoder();
  let text = '';
  let size = 0;
  for await (const piece of piecesOf(response, watch)) {
    size += piece.length;
    if (size > Transport.BODY_MAX) throw answers.malformed(response, 'a body that is too large', false);
    text += decoder.decode(piece, { stream: true });
  }
  return text + decoder.decode();
}

async function* bytesOf(response, watch) {
  for await (const piece of piecesOf(response, watch)) {
    watch.restart();
    yield piece;
  }
}

/* Of any fetch: its body may be a stream of the web's or of Node's. Who takes no more ends it. */
async function* piecesOf(response, watch) {
  try {
    for await (const piece of response.body ?? []) yield piece;
  } catch (error) {
    throw watch.explain(error);
  }
  /* in Node 18 a stream that is aborted just ends */
  if (watch.signal.aborted) throw watch.explain(watch.signal.reason);
}

module.exports = { Transport };
