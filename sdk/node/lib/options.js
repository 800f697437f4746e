'use strict';
/* Objects of options, read by tables of names. Names may be written as the API writes them or in camel case; others are
 * refused, so that a misspelt one is not without effect. Only the names of the object itself are looked at. */

const camel = (name) => name.replace(/_([a-z])/g, (_, letter) => letter.toUpperCase());

/** A map from each spelling to the API's, the one of the documents last. aliases: {spelling: name}. */
function spellings(names, aliases = {}) {
  const map = new Map();
  for (const name of names) map.set(name, name).set(camel(name), name);
  for (const [alias, name] of Object.entries(aliases)) if (names.includes(name)) map.set(alias, name);
  return map;
}

const plain = (name) => name.toLowerCase().replaceAll('_', '');

function unknown(name, known, where) {
  const documented = new Map([...known].map(([spelling, its]) => [its, spelling]));       // the last one of each
  const meant = [...known.keys()].find((one) => plain(one) === plain(name));
  const help = meant ? `did you mean ${documented.get(known.get(meant))}?` : `known are ${[...documented.values()].join(', ')}`;
  return new TypeError(`${where}: unknown option ${name}; ${help}`);
}

/** The options that are given, under the API's names. undefined is as not given. */
function readOptions(given, known, where) {
  const options = {};
  if (given === undefined) return options;
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new TypeError(`${where}: the options must be an object`);
  }
  for (const [spelling, value] of Object.entries(given)) {
    const name = known.get(spelling);
    if (!name) throw unknown(spelling, known, where);
    if (value === undefined) continue;
    if (name in options) throw new TypeError(`${where}: ${name} is given twice`);
    options[name] = value;
  }
  return options;
}

/* ---- options that each call has ---- */

const WAIT_MAX_MS = 86_400_000;      // as long as a server keeps idempotency keys at least

const milliseconds = (most) => ({
  says: most === Infinity ? 'milliseconds, more than 0' : `milliseconds, more than 0 and at most ${most}`,
  allows: (value) => typeof value === 'number' && value > 0 && value <= most,
});

const CHECKS = {
  timeout: milliseconds(Infinity),
  wait_timeout: milliseconds(WAIT_MAX_MS),
  max_retries: { says: 'a whole number from 0', allows: (value) => Number.isInteger(value) && value >= 0 },
  signal: { says: 'an AbortSignal', allows: (value) => typeof value?.addEventListener === 'function' && 'aborted' in value },
  idempotency_key: { says: '1 to 255 printable ASCII characters',
    allows: (value) => typeof value === 'string' && /^[\x20-\x7e]{1,255}$/.test(value) },
};

/** Throws a TypeError when one of the options that are ours, not the API's, cannot be. */
function checkOptions(options, where) {
  for (const [name, check] of Object.entries(CHECKS)) {
    if (name in options && !check.allows(options[name])) {
      throw new TypeError(`${where}: ${camel(name)} must be ${check.says}`);
    }
  }
}

module.exports = { camel, spellings, readOptions, checkOptions };
