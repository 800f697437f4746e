'use strict';
/* From the arguments of a method to the request that it sends. */
const { randomUUID } = require('node:crypto');
const { camel, spellings, readOptions, checkOptions } = require('./options');

const OF_EACH = ['timeout', 'max_retries', 'signal'];
const OF_POST = ['idempotency_key'];
/* options of a kind that the API does not know */
const OF_KIND = { run: ['wait_timeout'], wait: ['wait_timeout'], events: ['after'] };
const ALIASES = { input: 'input_payload' };

/** A map from each spelling of an option that the route takes to its name. */
function optionsOf(route) {
  const ours = [...OF_EACH, ...(route.method === 'POST' ? OF_POST : []), ...(OF_KIND[route.kind] ?? [])];
  return spellings([...(route.body ?? []), ...(route.query ?? []), ...ours], ALIASES);
}

function pathOf(template, values, where) {
  let next = 0;
  return template.replace(/\{(\w+)\}/g, (_, name) => {
    const value = values[next++];
    if (typeof value !== 'string' || ['', '.', '..'].includes(value)) {
      throw new TypeError(`${where}: ${name} must be a text that is not empty`);
    }
    return encodeURIComponent(value);
  });
}

/* The API's times are whole seconds. */
function valueOf(value, name, where) {
  if (!(value instanceof Date)) return value;
  if (Number.isNaN(value.getTime())) throw new TypeError(`${where}: ${camel(name)} is a Date without a time`);
  return value.toISOString().replace(/\.\d+Z$/, 'Z');
}

function pick(given, names = [], where = '') {
  return Object.fromEntries(names.filter((name) => name in given).map((name) => [name, valueOf(given[name], name, where)]));
}

function bodyOf(route, given, where) {
  if (!route.body) return undefined;
  const body = pick(given, route.body, where);
  if (route.kind === 'run') body.input_payload ??= {};
  try {
    return JSON.stringify(body);
  } catch (cause) {
    throw new TypeError(`${where}: this cannot be written as JSON: ${cause.message.split('\n')[0]}`, { cause });
  }
}

/* The key stays the same at each try, so that whatever is lost on the way, nothing is done twice. */
function headersOf(route, given, body) {
  return {
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    ...(route.method === 'POST' ? { 'idempotency-key': given.idempotency_key ?? randomUUID() } : {}),
  };
}

function sendingOf(route, given, defaults) {
  return {
    timeout: given.timeout ?? defaults.timeout,
    waitTimeout: given.wait_timeout ?? defaults.waitTimeout,
    maxRetries: route.resent === false ? 0 : given.max_retries ?? defaults.maxRetries,
    signal: given.signal,
  };
}

/** {request, query, gone, options, given}: what is sent, its query apart, how, and the options as they were given. */
function readCall(route, known, defaults, name, args) {
  const slots = route.path.split('{').length - 1;
  if (args.length > slots + 1) throw new TypeError(`${name}: there are more arguments than it takes`);
  const given = readOptions(args[slots], known, name);
  checkOptions(given, name);
  const body = bodyOf(route, given, name);
  return {
    request: { method: route.method, path: pathOf(route.path, args, name), headers: headersOf(route, given, body), body,
      bare: route.bare },
    query: pick(given, route.query, name),
    gone: route.gone,
    options: sendingOf(route, given, defaults),
    given,
  };
}

/** The request with a query. null is as not given. */
function withQuery(request, query) {
  const text = String(new URLSearchParams(Object.entries(query).filter(([, value]) => value !== null)));
  return text === '' ? request : { ...request, path: `${request.path}?${text}` };
}

module.exports = { optionsOf, readCall, withQuery };
