'use strict';
/* What calls return: promises of data, from which what came with it can be had too. */

/* The stack of what goes wrong shows the call, too: by itself it would end in the SDK, whose promises are of a class of their
 * own. Called while the call is made. */
function traced(whole) {
  const call = {};
  Error.captureStackTrace(call, traced);
  return whole.catch((error) => {
    error.stack += call.stack.slice(call.stack.indexOf('\n'));
    throw error;
  });
}

/** A promise of data. */
class ApiPromise extends Promise {
  #whole;

  /* then() gives plain promises */
  static get [Symbol.species]() {
    return Promise;
  }

  /** untraced: a promise of {data, response}. */
  static of(untraced) {
    const whole = traced(untraced);
    const promise = new this((resolve, reject) => whole.then(({ data }) => resolve(data), reject));
    promise.#whole = whole;
    return promise;
  }

  /** A promise of {data, response: {status, headers, requestId, rateLimit, idempotentReplayed}}. */
  withResponse() {
    this.catch(() => {});      // who asks for both hears of a failure by the other promise
    return this.#whole;
  }
}

/** A promise of an array, or `for await` over it. */
class ListPromise extends ApiPromise {
  async *[Symbol.asyncIterator]() {
    yield* await this;
  }
}

/** A promise of the first page, or `for await` over what all pages hold. */
class PagePromise extends ApiPromise {
  #next;

  /** next(page, before): a promise of the page behind page; before is the one in front of it, or undefined. */
  static from(whole, next) {
    const promise = this.of(whole);
    promise.#next = next;
    return promise;
  }

  async *pages() {
    let before;
    let page = await this;
    yield page;
    while (page.has_more) {
      [before, page] = [page, await this.#next(page, before)];
      yield page;
    }
  }

  async *[Symbol.asyncIterator]() {
    for await (const page of this.pages()) yield* page.data;
  }
}

module.exports = { ApiPromise, ListPromise, PagePromise };
