'use strict';
const assert = require('node:assert/strict');
const test = require('node:test');
const clock = require('../lib/clock');
const { serve, ok, refused, text, json, reset, truncated } = require('./lib/server');

const keysOf = (requests) => new Set(requests.map(({ headers }) => headers['idempotency-key']));

const PASSING = {
  'a connection that is reset': reset,
  'a 429': refused(429, 'RATE_LIMITED'),
  'a 503': refused(503, 'UNAVAILABLE'),
  'a 500 INTERNAL': refused(500, 'INTERNAL'),
  'a 500 that is not of the API': text(500, '<h1>Oops</h1>'),
  'a 502 of a proxy': text(502, '<h1>Bad Gateway</h1>'),
  'a 504 of a proxy': text(504, ''),
  'a truncated body': truncated,
  'a body that ends before its JSON does': text(200, '{"success": true, "data": {'),
  'a page instead of JSON': text(200, '<h1>Welcome</h1>'),
  'an empty body': text(200, ''),
  'JSON that is not the envelope': json(200, { execution_id: 'exec_1' }),
  'JSON that is no object': json(200, [1]),
  'an envelope that claims a failure with 200': json(200, { success: false, data: {} }),
};

for (const [what, answer] of Object.entries(PASSING)) {
  test(`${what} is tried again, with the same body and Idempotency-Key`, async (t) => {
    const { client, requests } = await serve(t, answer, answer, ok({ execution_id: 'exec_1' }));
    assert.deepEqual(await client().agents.run('probe', { input: { a: 1 } }), { execution_id: 'exec_1' });
    assert.equal(requests.length, 3);
    assert.equal(keysOf(requests).size, 1);
    assert.equal(new Set(requests.map(({ body }) => body)).size, 1);
  });
}

const LASTING = {
  'a failed run': [refused(500, 'EXECUTION_FAILED'), 'ExecutionFailedError'],
  'a missing key': [refused(401, 'UNAUTHORIZED'), 'UnauthorizedError'],
  'a conflict': [refused(409, 'CONFLICT'), 'ConflictError'],
  'an input that is wrong': [refused(400, 'INVALID_INPUT'), 'InvalidInputError'],
  'a 404 that is not of the API': [text(404, 'no'), 'ResponseError'],
  'a redirect': [text(302, '', { Location: 'https://example.org/' }), 'ResponseError'],
};

for (const [what, [answer, name]] of Object.entries(LASTING)) {
  test(`${what} is not tried again`, async (t) => {
    const { client, requests } = await serve(t, answer, ok({}));
    await assert.rejects(client().agents.run('probe'), { name });
    assert.equal(requests.length, 1);
  });
}

test('after two retries the last error is thrown', async (t) => {
  const { client, requests } = await serve(t, reset, reset, refused(503, 'UNAVAILABLE'), ok({}));
  await assert.rejects(client().usage.get(), { name: 'UnavailableError', code: 'UNAVAILABLE', status: 503 });
  assert.equal(requests.length, 3);
});

test('maxRetries says how often, of the client or of one call', async (t) => {
  const { client, requests } = await serve(t, reset, reset);
  await assert.rejects(client({ maxRetries: 0 }).usage.get(), { name: 'ConnectionError' });
  await assert.rejects(client().usage.get({ maxRetries: 0 }), { name: 'ConnectionError' });
  assert.equal(requests.length, 2);
});

test('GET, PATCH and DELETE are tried again, too', async (t) => {
  const { client, requests } = await serve(t, reset, ok({}), reset, ok({}), reset, ok(null));
  await client().usage.get();
  await client().webhooks.update('whk_1', { enabled: true });
  await client().webhooks.delete('whk_1');
  assert.equal(requests.length, 6);
});

test('a change of password is not sent twice: the second would be refused', async (t) => {
  const { client, requests } = await serve(t, reset, ok(null));
  await assert.rejects(client().me.setPassword({ current_password: 'a', new_password: 'b' }), { name: 'ConnectionError' });
  assert.equal(requests.length, 1);
});

test('what is gone after an answer was lost was deleted by that try', async (t) => {
  const { client } = await serve(t, reset, refused(404, 'NOT_FOUND'));
  assert.equal(await client().webhooks.delete('whk_1'), null);
});

test('a session that is gone after an answer was lost was ended by that try', async (t) => {
  const { client } = await serve(t, reset, refused(401, 'UNAUTHORIZED'), refused(401, 'UNAUTHORIZED'));
  const session = client({ apiKey: undefined, sessionToken: 'token' });
  assert.equal(await session.session.delete(), null);
  await assert.rejects(session.session.delete(), { name: 'UnauthorizedError' });
});

test('of other things that are deleted a credential that is refused says nothing', async (t) => {
  const { client } = await serve(t, reset, refused(401, 'UNAUTHORIZED'));
  await assert.rejects(client().webhooks.delete('whk_1'), { name: 'UnauthorizedError' });
});

test('what was not there at once is a NotFoundError', async (t) => {
  const { client } = await serve(t, refused(503, 'UNAVAILABLE'), refused(404, 'NOT_FOUND'));
  await assert.rejects(client().webhooks.delete('whk_1'), { name: 'NotFoundError' });
});

test('what is cancelled after an answer was lost was cancelled by that try', async (t) => {
  const cancelled = { id: 'exec_1', status: 'failed', error: { code: 'CANCELLED', message: 'Cancelled' } };
  const { client, requests } = await serve(t, reset, refused(409, 'CONFLICT'), ok(cancelled));
  assert.deepEqual(await client().executions.cancel('exec_1'), cancelled);
  assert.deepEqual([requests[2].method, requests[2].url], ['GET', '/api/executions/exec_1']);
});

test('a run that ended otherwise meanwhile cannot be cancelled', async (t) => {
  const { client } = await serve(t, reset, refused(409, 'CONFLICT'), ok({ id: 'exec_1', status: 'success', error: null }));
  await assert.rejects(client().executions.cancel('exec_1'), { name: 'ConflictError' });
});

test('pauses double, up to eight seconds', async (t) => {
  const { client, slept } = await serve(t, ...Array(7).fill(reset));
  await assert.rejects(client({ maxRetries: 6 }).usage.get());
  assert.deepEqual(slept, [500, 1000, 2000, 4000, 8000, 8000]);
});

test('up to half of a pause is left to chance', async (t) => {
  const { client, slept } = await serve(t, reset, ok({}));
  t.mock.method(clock, 'random', () => 0);
  await client().usage.get();
  assert.deepEqual(slept, [250]);
});

test('Retry-After in seconds is the pause', async (t) => {
  const { client, slept } = await serve(t, refused(429, 'RATE_LIMITED', {}, { 'Retry-After': '7' }), ok({}));
  await client().usage.get();
  assert.deepEqual(slept, [7000]);
});

test('Retry-After as a date is the pause until then', async (t) => {
  const { client, slept } = await serve(t, refused(503, 'UNAVAILABLE', {}, { 'Retry-After': 'Wed, 15 Jan 2025 06:00:09 GMT' }), ok({}));
  t.mock.method(clock, 'now', () => Date.parse('2025-01-15T06:00:00Z'));
  await client().usage.get();
  assert.deepEqual(slept, [9000]);
});

test('a Retry-After of a moment that has passed is no pause', async (t) => {
  const { client, slept } = await serve(t, refused(503, 'UNAVAILABLE', {}, { 'Retry-After': 'Wed, 15 Jan 2025 06:00:00 GMT' }), ok({}));
  await client().usage.get();
  assert.deepEqual(slept, [0]);
});

for (const value of ['soon', '1.5', '-1', '']) {
  test(`a Retry-After that is no time is as none: ${value}`, async (t) => {
    const { client, slept } = await serve(t, refused(503, 'UNAVAILABLE', {}, { 'Retry-After': value }), ok({}));
    await client().usage.get();
    assert.deepEqual(slept, [500]);
  });
}

test('who is told to come back in more than a minute is told so at once', async (t) => {
  const { client, requests, slept } = await serve(t,
    refused(429, 'RATE_LIMITED', { limit: 'runs_per_day', max: 1000, resets_at: '2025-01-16T00:00:00Z' }, { 'Retry-After': '64793' }));
  await assert.rejects(client().schedules.run('probe'), { name: 'RateLimitedError', retryAfter: 64793, limit: 'runs_per_day', max: 1000,
    resetsAt: '2025-01-16T00:00:00Z' });
  assert.deepEqual([requests.length, slept], [1, []]);
});

test('a server that is not there is a ConnectionError with its cause', async (t) => {
  const { url, client } = await serve(t);
  const nobody = new URL(url);
  nobody.port = await unusedPort();
  await assert.rejects(client({ baseURL: nobody.href }).usage.get(), (error) => {
    assert.equal(error.name, 'ConnectionError');
    assert.match(error.message, /ECONNREFUSED/);
    assert.deepEqual([error.code, error.status], [null, null]);
    assert.ok(error.cause);
    return true;
  });
});

async function unusedPort() {
  const server = require('node:net').createServer();
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address();
  await new Promise((closed) => server.close(closed));
  return port;
}

test('a redirect is not followed: its target never sees the key', async (t) => {
  const other = await serve(t, ok({}));
  const { client } = await serve(t, text(307, '', { Location: `${other.url}/api/usage` }));
  await assert.rejects(client().usage.get(), { name: 'ResponseError', status: 307, message: /redirect to http.*which is not followed/ });
  assert.equal(other.requests.length, 0);
});
