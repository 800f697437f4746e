'use strict';
/* Which failures may pass by themselves, and how long to wait before the next try. */
const clock = require('./clock');
const { ConnectionError, TimeoutError, ResponseError } = require('./errors');

const FIRST_MS = 500;
const LONGEST_MS = 8000;
const RETRY_AFTER_MAX_MS = 60_000;      // who is told to come back later than this is better told so

const TRANSIENT_CODES = new Set(['RATE_LIMITED', 'UNAVAILABLE', 'INTERNAL']);

function isTransient(error) {
  if (error instanceof ConnectionError || error instanceof TimeoutError) return true;
  if (error instanceof ResponseError) return error.transient === true;
  return TRANSIENT_CODES.has(error.code);
}

/** Exponential, with half of it left to chance, so that clients that failed together do not come back together. */
function backoff(tries, first = FIRST_MS, longest = LONGEST_MS) {
  return Math.min(first * 2 ** tries, longest) * (0.5 + clock.random() / 2);
}

/**
 * Milliseconds to wait before another try, or null when there is to be none.
 * tries: how many have failed before this one; deadline: of clock.monotonic().
 */
function pause(error, tries, maxRetries, deadline = Infinity) {
  if (tries >= maxRetries || !isTransient(error)) return null;
  const ms = error.retryAfter == null ? backoff(tries) : error.retryAfter * 1000;
  return ms <= RETRY_AFTER_MAX_MS && clock.monotonic() + ms < deadline ? ms : null;
}

/** Whether the server may have done what was asked for, though its answer was lost. */
function mayBeDone(error) {
  return error instanceof ConnectionError || error instanceof TimeoutError || error instanceof ResponseError ||
    error.status === 502 || error.status === 504;
}

/** The error, marked where an earlier try of the same call may have been done. */
function afterLoss(error, lost) {
  if (lost) Object.defineProperty(error, 'afterLoss', { value: true });
  return error;
}

module.exports = { pause, backoff, isTransient, mayBeDone, afterLoss };
