'use strict';
/* Makes the client's methods of the table of routes: each kind of route has its way to ask, and its shape of what comes. */
const { ApiPromise, ListPromise, PagePromise } = require('./promises');
const { describe } = require('./answers');
const { ConflictError, ResponseError } = require('./errors');
const { follow } = require('./events');
const { optionsOf, readCall, withQuery } = require('./request');
const { runToEnd, wait } = require('./waiting');

/* ---- what is taken out of an answer {body, response} ---- */

const dataOf = (body) => body.data;
const wholeOf = (body) => body;
const pageOf = ({ success, ...page }) => page;

/* A session's token comes as a cookie. */
function sessionOf(body, { status, headers }) {
  const cookie = /(?:^|,\s*)agentiv_session=([^;,\s]+)/.exec(headers.get('set-cookie') ?? '');
  if (!cookie) throw new ResponseError('The server sent no session', { status });
  return { ...body.data, session_token: cookie[1] };
}

async function ask(transport, call, of, query = call.query) {
  const { body, response } = await transport.send(withQuery(call.request, query), call.options);
  return { data: of(body, response), response };
}

/* ---- pages ---- */

/* What asks for the page behind one. A server that would lead in a circle is not followed. */
const NEXT = {
  pages(page, before) {
    const { next_cursor: cursor } = page;
    if (!cursor || cursor === before?.next_cursor) throw new ResponseError('The server names no next page');
    return { cursor };
  },
  steps(page) {
    if (page.data.length === 0) throw new ResponseError('The server names no next page');
    return { after: page.data.at(-1).step };
  },
};

const paged = (next) => (transport, read) => {
  const reading = read();
  const first = reading.then((call) => ask(transport, call, pageOf));
  return PagePromise.from(first, async (page, before) => {
    const call = await reading;
    return (await ask(transport, call, pageOf, { ...call.query, ...next(page, before) })).data;
  });
};

/* ---- the kinds ---- */

const promised = (AClass, of) => (transport, read) => AClass.of(read().then((call) => ask(transport, call, of)));

async function run(transport, call) {
  if (call.given.async) return ask(transport, call, dataOf);
  return runToEnd(transport, call.request, call.options);
}

/* What is gone after a try whose answer was lost was deleted by that. */
async function deleted(transport, call) {
  try {
    return await ask(transport, call, dataOf);
  } catch (error) {
    if (error.code !== call.gone || !error.afterLoss) throw error;
    return { data: null, response: { ...describe({ status: error.status, headers: new Headers() }), requestId: error.requestId } };
  }
}

/* And what is cancelled then was cancelled by that. */
async function cancelled(transport, call) {
  try {
    return await ask(transport, call, dataOf);
  } catch (error) {
    if (!(error instanceof ConflictError) || !error.afterLoss) throw error;
    const path = call.request.path.replace(/\/cancel$/, '');
    const found = await ask(transport, { ...call, request: { method: 'GET', path } }, dataOf);
    if (found.data.error?.code !== 'CANCELLED') throw error;
    return found;
  }
}

async function waited(transport, call, args) {
  return wait(transport, args[0], call.options);
}

const KINDS = {
  object: promised(ApiPromise, dataOf),
  bare: promised(ApiPromise, wholeOf),
  list: promised(ListPromise, dataOf),
  session: promised(ApiPromise, sessionOf),
  pages: paged(NEXT.pages),
  steps: paged(NEXT.steps),
  run: (transport, read) => ApiPromise.of(read().then((call) => run(transport, call))),
  deleted: (transport, read) => ApiPromise.of(read().then((call) => deleted(transport, call))),
  cancelled: (transport, read) => ApiPromise.of(read().then((call) => cancelled(transport, call))),
  wait: (transport, read, args) => ApiPromise.of(read().then((call) => waited(transport, call, args))),
};

function events(transport, { request, options, given }) {
  return follow(transport, request, options, given.after === undefined ? '' : String(given.after));
}

/** The method for a route. name: as its errors call it. Wrong arguments reject, as all that fails; of events they throw. */
function method(transport, defaults, route, name) {
  const known = optionsOf(route);
  const read = (args) => readCall(route, known, defaults, name, args);
  if (route.kind === 'events') return (...args) => events(transport, read(args));
  const ofKind = KINDS[route.kind ?? (route.bare ? 'bare' : 'object')];
  return (...args) => ofKind(transport, async () => read(args), args);
}

/** {list, get, …} of {list: route, get: route, …}. */
function methods(transport, defaults, routes, name) {
  const made = Object.entries(routes).map(([key, route]) => [key, method(transport, defaults, route, `${name}.${key}`)]);
  return Object.fromEntries(made);
}

module.exports = { method, methods };
