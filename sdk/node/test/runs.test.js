'use strict';
const assert = require('node:assert/strict');
const test = require('node:test');
const clock = require('../lib/clock');
const { serve, holdTimers, ok, refused, reset, stream, text, truncated } = require('./lib/server');

const ID = 'exec_01HXYZ123ABC';
const accepted = ok({ execution_id: ID, agent_slug: 'probe', status: 'queued' }, { status: 202 });
const execution = (more) => ok({ id: ID, agent_slug: 'probe', status: 'success', summary: 'Done', output: { a: 1 },
  tokens_used: 5, duration_ms: 7, error: null, ...more });
const failed = (code, message = 'It did not work') => execution({ status: 'failed', output: null, error: { code, message } });
const running = execution({ status: 'running', summary: null, output: null });
const end = stream(': steps\n\n', 'id: 1\nevent: step\ndata: {"step":1}\n\n', 'id: 1\nevent: end\ndata: {"status":"success"}\n\n');
const noStream = text(200, 'no stream here');
const RESULT = { execution_id: ID, status: 'success', summary: 'Done', output: { a: 1 }, tokens_used: 5, duration_ms: 7 };

const asked = (requests) => requests.map(({ method, url }) => `${method} ${url.replace(ID, 'ID')}`);

test('a run that is done within the answer is its result', async (t) => {
  const { client, requests } = await serve(t, ok(RESULT));
  assert.deepEqual(await client().agents.run('probe', { async: false }), RESULT);
  assert.deepEqual(JSON.parse(requests[0].body), { input_payload: {}, async: false });
});

test('an asynchronous run is given back at once', async (t) => {
  const { client, requests } = await serve(t, accepted);
  const { execution_id, status } = await client().agents.run('probe', { async: true });
  assert.deepEqual([execution_id, status, requests.length], [ID, 'queued', 1]);
});

test('a run that takes longer than its answer is waited for by its events', async (t) => {
  const { client, requests, slept } = await serve(t, accepted, end, execution());
  assert.deepEqual(await client().agents.run('probe'), RESULT);
  assert.deepEqual(asked(requests), ['POST /api/agents/probe/run', 'GET /api/executions/ID/events', 'GET /api/executions/ID']);
  assert.deepEqual(slept, []);
});

test('where no events can be had the run is looked at, less and less often', async (t) => {
  const { client, requests, slept } = await serve(t, accepted, noStream, ...Array(5).fill(running), execution());
  assert.deepEqual(await client().agents.run('probe'), RESULT);
  assert.equal(asked(requests).filter((one) => one.endsWith('/events')).length, 1);
  assert.deepEqual(slept, [1000, 2000, 4000, 8000, 10_000]);
});

test('a stream of events that breaks at once is given up', async (t) => {
  const { client, requests } = await serve(t, accepted, reset, running, execution());
  assert.deepEqual(await client().agents.run('probe'), RESULT);
  assert.deepEqual(asked(requests).slice(1), ['GET /api/executions/ID/events', 'GET /api/executions/ID', 'GET /api/executions/ID']);
});

test('a stream that went well for a while is taken up behind the last step', async (t) => {
  const cut = (response) => {
    response.writeHead(200, { 'Content-Type': 'text/event-stream' });
    response.write('id: 4\nevent: step\ndata: {}\n\n');
    now += 900_000;
    response.end();
  };
  let now = 0;
  t.mock.method(clock, 'monotonic', () => now);
  const { client, requests } = await serve(t, accepted, cut, running, end, execution());
  await client({ waitTimeout: 3_600_000 }).agents.run('probe');
  const [, first, , second] = requests;
  assert.deepEqual([first.headers['last-event-id'], second.headers['last-event-id']], [undefined, '4']);
});

test('an answer that is lost on its way is asked for again under the same key, and then waited for', async (t) => {
  const { client, requests } = await serve(t, truncated, accepted, end, execution());
  assert.deepEqual(await client().agents.run('probe'), RESULT);
  assert.equal(requests[0].headers['idempotency-key'], requests[1].headers['idempotency-key']);
});

test('a key that may not read waits by the same request under the same key', async (t) => {
  const { client, requests } = await serve(t, accepted, refused(403, 'FORBIDDEN'), accepted, ok(RESULT));
  assert.deepEqual(await client().agents.run('probe', { input: { a: 1 } }), RESULT);
  const posts = requests.filter(({ method }) => method === 'POST');
  assert.deepEqual([requests.length, posts.length], [4, 3]);
  assert.equal(new Set(posts.map(({ headers, body }) => headers['idempotency-key'] + body)).size, 1);
});

/* ---- failures ---- */

test('a run that failed is an ExecutionFailedError', async (t) => {
  const { client } = await serve(t, refused(500, 'EXECUTION_FAILED', { execution_id: ID }));
  await assert.rejects(client().agents.run('probe'),
    { name: 'ExecutionFailedError', code: 'EXECUTION_FAILED', status: 500, executionId: ID, message: 'It is EXECUTION_FAILED' });
});

test('a run that failed while it was waited for is the same, with its reason', async (t) => {
  const { client } = await serve(t, accepted, end, failed('TIMEOUT'));
  await assert.rejects(client().agents.run('probe'), (error) => {
    assert.deepEqual([error.name, error.code, error.reason, error.executionId, error.message, error.status],
      ['ExecutionFailedError', 'EXECUTION_FAILED', 'TIMEOUT', ID, 'It did not work', null]);
    assert.equal(error.execution.agent_slug, 'probe');
    return true;
  });
});

test('a run that somebody cancelled is an ExecutionFailedError with that reason', async (t) => {
  const { client } = await serve(t, accepted, end, failed('CANCELLED'));
  await assert.rejects(client().agents.run('probe'), { name: 'ExecutionFailedError', reason: 'CANCELLED' });
});

test('an integration that is missing keeps its class, as in the answer of a run', async (t) => {
  const { client } = await serve(t, accepted, end, failed('INTEGRATION_NOT_CONNECTED'));
  await assert.rejects(client().agents.run('probe'), { name: 'IntegrationNotConnectedError', code: 'INTEGRATION_NOT_CONNECTED', executionId: ID });
});

test('what goes wrong while waiting names the run', async (t) => {
  const { client } = await serve(t, accepted, noStream, refused(401, 'UNAUTHORIZED'));
  await assert.rejects(client().agents.run('probe'), { name: 'UnauthorizedError', executionId: ID });
});

/* ---- how long ---- */

const isWait = (ms) => ms === 5000;

test('waiting ends after waitTimeout, and tells which run goes on', async (t) => {
  const timers = holdTimers(t, isWait);
  const { client } = await serve(t, accepted, timers.pass);
  await assert.rejects(client({ waitTimeout: 5000 }).agents.run('probe'),
    { name: 'TimeoutError', executionId: ID, message: 'The run goes on: it had not ended after 5 s' });
});

test('waitTimeout holds for the request itself, too', async (t) => {
  const timers = holdTimers(t, isWait);
  const { client, requests } = await serve(t, timers.pass);
  await assert.rejects(client().agents.run('probe', { waitTimeout: 5000 }), { name: 'TimeoutError', executionId: null,
    message: 'The server did not answer within 5 s' });
  assert.equal(requests.length, 1);
});

test('a Retry-After that is longer than what is left is not waited for', async (t) => {
  const { client, slept } = await serve(t, refused(503, 'UNAVAILABLE', {}, { 'Retry-After': '30' }));
  await assert.rejects(client().agents.run('probe', { waitTimeout: 20_000 }), { name: 'UnavailableError', retryAfter: 30 });
  assert.deepEqual(slept, []);
});

test('waiting ends when the caller aborts', async (t) => {
  const abort = new AbortController();
  const { client } = await serve(t, accepted, () => abort.abort());
  await assert.rejects(client().agents.run('probe', { signal: abort.signal }), { name: 'AbortError', executionId: ID });
});

test('a stream that says nothing for half a minute is given up earlier than a request', async (t) => {
  const { client } = await serve(t, accepted, end, execution());
  const { limits } = holdTimers(t);
  await client().agents.run('probe');
  assert.deepEqual([...new Set(limits)], [600_000, 90_000, 30_000]);
});

test('waitTimeout is ten minutes unless it is said', async (t) => {
  const { client } = await serve(t, ok(RESULT));
  const { limits } = holdTimers(t);
  await client().agents.run('probe');
  assert.deepEqual(limits, [600_000, 90_000]);
});

/* ---- executions.wait ---- */

test('a run that was begun before can be waited for: the execution as it ended', async (t) => {
  const { client, requests } = await serve(t, end, execution());
  const ended = await client().executions.wait(ID);
  assert.deepEqual([ended.id, ended.status, ended.output], [ID, 'success', { a: 1 }]);
  assert.deepEqual(asked(requests), ['GET /api/executions/ID/events', 'GET /api/executions/ID']);
});

test('waiting for a run that fails throws', async (t) => {
  const { client } = await serve(t, end, failed('WORKER_LOST'));
  await assert.rejects(client().executions.wait(ID), { name: 'ExecutionFailedError', reason: 'WORKER_LOST', executionId: ID });
});

test('waiting for a run that nobody knows is a NotFoundError', async (t) => {
  const { client } = await serve(t, refused(404, 'NOT_FOUND'));
  await assert.rejects(client().executions.wait('exec_none'), { name: 'NotFoundError' });
});
