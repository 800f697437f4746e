'use strict';
/* An HTTP server that answers as a test says, request by request, and a client of it that does not really sleep. */
const http = require('node:http');
const Agentiv = require('../..');
const clock = require('../../lib/clock');

const KEY = 'agv_live_TestTestTestTestTestTestTestTestTest';

/* ---- answers: functions of (response, request) ---- */

const json = (status, body, headers = {}) => (response) => {
  response.writeHead(status, { 'Content-Type': 'application/json', 'X-Request-Id': 'req_1', ...headers });
  response.end(JSON.stringify(body));
};

const ok = (data, more = {}, headers = {}) => json(more.status ?? 200, { success: true, data, ...more.beside }, headers);

const refused = (status, code, more = {}, headers = {}) =>
  json(status, { success: false, error: { code, message: `It is ${code}`, ...more } }, headers);

const text = (status, body, headers = {}) => (response) => {
  response.writeHead(status, { 'Content-Type': 'text/html', ...headers });
  response.end(body);
};

const reset = (response) => response.socket.resetAndDestroy?.() ?? response.socket.destroy();

/** The head says more bytes than there are. */
const truncated = (response) => {
  response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': 1000 });
  response.write('{"success": true, "data": {"exec', () => response.destroy());
};

/** The head, a beginning, and no end. */
const slowBody = (response) => {
  response.writeHead(200, { 'Content-Type': 'application/json' });
  response.write('{"success": true, ');
};

const stream = (...pieces) => (response) => {
  response.writeHead(200, { 'Content-Type': 'text/event-stream' });
  for (const piece of pieces) response.write(piece);
  response.end();
};

/* ---- the server ---- */

async function bodyOf(request) {
  const pieces = [];
  for await (const piece of request) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}

/**
 * A server that gives these answers, one for each request in turn; {url, requests, client(options), slept}.
 * slept has the milliseconds of each pause that the SDK made.
 */
async function serve(t, ...answers) {
  const requests = [];
  const server = http.createServer(async (request, response) => {
    const { method, url, headers } = request;
    requests.push({ method, url, headers, body: await bodyOf(request) });
    const answer = answers.shift() ?? refused(418, 'UNEXPECTED');
    answer(response, request);
  });
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${server.address().port}`;
  return { url, requests, slept: noSleep(t), client: (options) => new Agentiv({ apiKey: KEY, baseURL: url, ...options }) };
}

/** Pauses take no time; their lengths are told. */
function noSleep(t) {
  const slept = [];
  t.mock.method(clock, 'sleep', async (ms) => void slept.push(ms));
  t.mock.method(clock, 'random', () => 1);
  return slept;
}

/** Time limits pass when the test says so: {limits, pass}. pass() ends those that go on and are picked; others never end. */
function holdTimers(t, picked = () => true) {
  const limits = [];
  const going = new Set();
  t.mock.method(clock, 'after', (ms, callback) => {
    limits.push(ms);
    if (picked(ms, limits.length)) going.add(callback);
    return () => going.delete(callback);
  });
  return { limits, pass: () => going.forEach((callback) => callback()) };
}

module.exports = { KEY, serve, noSleep, holdTimers, json, ok, refused, text, reset, truncated, slowBody, stream };
