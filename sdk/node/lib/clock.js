'use strict';
/* Time and chance. Tests put functions of their own in place of these; nothing else in the package asks for either. */
const timers = require('node:timers/promises');

const TIMER_MAX_MS = 2147483647;      // a longer one would fire at once

module.exports = {
  /** Milliseconds since 1970. */
  now: () => Date.now(),

  /** Milliseconds since some moment; no change of the system's clock moves it. */
  monotonic: () => performance.now(),

  /** From 0 up to 1. */
  random: () => Math.random(),

  /** Resolves after ms; rejects as soon as signal is aborted. */
  sleep: (ms, signal) => timers.setTimeout(Math.min(ms, TIMER_MAX_MS), undefined, { signal }),

  /** Calls back after ms, unless the function that it returns is called before. */
  after(ms, callback) {
    const timer = setTimeout(callback, Math.min(ms, TIMER_MAX_MS));
    return () => clearTimeout(timer);
  },
};
