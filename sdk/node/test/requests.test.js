'use strict';
const assert = require('node:assert/strict');
const test = require('node:test');
const { version } = require('../package.json');
const { KEY, serve, ok, refused, json } = require('./lib/server');

test('a request has the key, the version of the SDK and what it accepts', async (t) => {
  const { client, requests } = await serve(t, ok([]));
  await client().agents.list();
  const { authorization, accept, 'user-agent': agent } = requests[0].headers;
  assert.deepEqual({ authorization, accept, agent },
    { authorization: `Bearer ${KEY}`, accept: 'application/json', agent: `agentiv-sdk-node/${version}` });
});

test('a run sends what it is given in the names of the API', async (t) => {
  const { client, requests } = await serve(t, ok({}));
  await client().agents.run('email-triage', { input: { max_emails: 20 }, webhookUrl: 'https://example.com', max_tokens: 5 });
  assert.equal(requests[0].url, '/api/agents/email-triage/run');
  assert.deepEqual(JSON.parse(requests[0].body),
    { input_payload: { max_emails: 20 }, webhook_url: 'https://example.com', max_tokens: 5 });
});

test('names inside an input are left as they are', async (t) => {
  const { client, requests } = await serve(t, ok({}));
  const input = { maxEmails: 1, webhookUrl: { async: [{ runAt: null }] }, input: 2 };
  await client().agents.run('probe', { input });
  assert.deepEqual(JSON.parse(requests[0].body), { input_payload: input });
});

test('a run without an input sends an empty one', async (t) => {
  const { client, requests } = await serve(t, ok({}));
  await client().agents.run('probe');
  assert.deepEqual(JSON.parse(requests[0].body), { input_payload: {} });
});

test('an option that nobody knows is refused with the name that was meant, before anything is sent', async (t) => {
  const { client, requests } = await serve(t);
  await assert.rejects(client().agents.run('probe', { webhookURL: 'https://example.com' }),
    { name: 'TypeError', message: 'agents.run: unknown option webhookURL; did you mean webhookUrl?' });
  await assert.rejects(client().schedules.set('probe', { cron: '* * * * *' }), /unknown option cron; known are cronExpr, timezone/);
  assert.equal(requests.length, 0);
});

test('the options that there are are told as the documents name them', async (t) => {
  const { client } = await serve(t);
  await assert.rejects(client().agents.run('probe', { max_emails: 20 }), /unknown option max_emails; known are input, async, webhookUrl,/);
});

for (const [what, options] of Object.entries({ 'a BigInt': { input: { n: 1n } }, 'a Date without a time': { runAt: new Date(NaN) } })) {
  test(`what cannot be sent is refused with the method that it was given to: ${what}`, async (t) => {
    const { client, requests } = await serve(t);
    await assert.rejects(client().agents.run('probe', options), { name: 'TypeError', message: /^agents\.run: .+$/ });
    assert.equal(requests.length, 0);
  });
}

test('an option in two spellings at once is refused', async (t) => {
  const { client } = await serve(t);
  await assert.rejects(client().agents.run('probe', { input: {}, input_payload: {} }), /input_payload is given twice/);
});

test('an option that is undefined is as not given, null is sent', async (t) => {
  const { client, requests } = await serve(t, ok({}));
  await client().schedules.set('probe', { cronExpr: '@daily', timezone: 'UTC', endsAt: null, overlap: undefined });
  assert.deepEqual(JSON.parse(requests[0].body), { cron_expr: '@daily', timezone: 'UTC', ends_at: null });
});

test('in a query neither undefined nor null is sent', async (t) => {
  const { client, requests } = await serve(t, ok([]));
  await client().executions.list({ status: undefined, agentSlug: null, limit: 5 });
  assert.equal(requests[0].url, '/api/executions?limit=5');
});

test('a Date is sent as the API writes times', async (t) => {
  const { client, requests } = await serve(t, ok([]), ok({}));
  const at = new Date('2027-01-15T06:00:00.500Z');
  await client().schedules.preview('probe', { from: at, count: 3 });
  await client().webhooks.replay('whk_1', { since: at });
  assert.equal(requests[0].url, '/api/schedules/probe/preview?count=3&from=2027-01-15T06%3A00%3A00Z');
  assert.deepEqual(JSON.parse(requests[1].body), { since: '2027-01-15T06:00:00Z' });
});

test('what stands in a path is escaped', async (t) => {
  const { client, requests } = await serve(t, ok({}));
  await client().agents.get('a/b?c#d é');
  assert.equal(requests[0].url, '/api/agents/a%2Fb%3Fc%23d%20%C3%A9');
});

for (const slug of ['', '.', '..', undefined, null, 7]) {
  test(`what would lead to another path is refused: ${JSON.stringify(slug)}`, async (t) => {
    const { client, requests } = await serve(t);
    await assert.rejects(client().agents.get(slug), { name: 'TypeError', message: /slug must be a text that is not empty/ });
    assert.equal(requests.length, 0);
  });
}

test('more arguments than a method takes are refused', async (t) => {
  const { client } = await serve(t);
  await assert.rejects(client().agents.run('probe', {}, { timeout: 1 }), /agents.run: there are more arguments than it takes/);
});

test('what takes no body is sent none', async (t) => {
  const { client, requests } = await serve(t, ok({}), ok(null));
  await client().executions.cancel('exec_1');
  await client().schedules.delete('probe');
  for (const { body, headers } of requests) assert.deepEqual([body, headers['content-type']], ['', undefined]);
});

test('the server may be below a path', async (t) => {
  const { url, client, requests } = await serve(t, ok([]));
  await client({ baseURL: `${url}/below/` }).agents.list();
  assert.equal(requests[0].url, '/below/api/agents');
});

test('each POST has an Idempotency-Key of its own, nothing else has one', async (t) => {
  const { client, requests } = await serve(t, ok({}), ok({}), ok({}), ok(null));
  await client().agents.run('probe');
  await client().agents.run('probe');
  await client().usage.get();
  await client().keys.revoke('key_1');
  const keys = requests.map(({ headers }) => headers['idempotency-key']);
  assert.match(keys[0], /^[0-9a-f-]{36}$/);
  assert.match(keys[1], /^[0-9a-f-]{36}$/);
  assert.notEqual(keys[0], keys[1]);
  assert.deepEqual(keys.slice(2), [undefined, undefined]);
});

test('an Idempotency-Key can be given', async (t) => {
  const { client, requests } = await serve(t, ok({}));
  await client().agents.run('probe', { idempotencyKey: 'order 7' });
  assert.equal(requests[0].headers['idempotency-key'], 'order 7');
});

for (const idempotencyKey of ['', 'é', 'a\nb', 'x'.repeat(256), 7]) {
  test(`an Idempotency-Key that cannot be sent is refused: ${JSON.stringify(idempotencyKey).slice(0, 9)}`, async (t) => {
    const { client } = await serve(t);
    await assert.rejects(client().agents.run('probe', { idempotencyKey }), /idempotencyKey must be 1 to 255 printable ASCII/);
  });
}

test('data is what the API calls data', async (t) => {
  const { client } = await serve(t, ok({ slug: 'probe', trial_ends_at: null }), ok(null));
  assert.deepEqual(await client().agents.get('probe'), { slug: 'probe', trial_ends_at: null });
  assert.equal(await client().webhooks.delete('whk_1'), null);
});

test('the OpenAPI document comes as it is', async (t) => {
  const { client } = await serve(t, json(200, { openapi: '3.1.0' }));
  assert.deepEqual(await client().openapi(), { openapi: '3.1.0' });
});

test('withResponse gives the rate limit, the request id and whether an answer is a repeat', async (t) => {
  const { client } = await serve(t, ok({ id: 1 }, { status: 201 }, { 'X-RateLimit-Limit': '120', 'X-RateLimit-Remaining': '7',
    'X-RateLimit-Reset': '1736920860', 'Idempotent-Replayed': 'true' }));
  const { data, response } = await client().webhooks.create({ url: 'https://example.com' }).withResponse();
  const { headers, ...rest } = response;
  assert.deepEqual(data, { id: 1 });
  assert.deepEqual(rest, { status: 201, requestId: 'req_1', idempotentReplayed: true,
    rateLimit: { limit: 120, remaining: 7, resetsAt: new Date('2025-01-15T06:01:00Z') } });
  assert.equal(headers.get('x-ratelimit-limit'), '120');
});

test('what is not limited has no figures', async (t) => {
  const { client } = await serve(t, ok({}, {}, { 'X-RateLimit-Limit': 'unlimited', 'X-RateLimit-Remaining': 'unlimited' }));
  const { response } = await client().usage.get().withResponse();
  assert.deepEqual(response.rateLimit, { limit: null, remaining: null, resetsAt: null });
});

test('a failure is heard of once by who asks for the response, too', async (t) => {
  const { client } = await serve(t, refused(404, 'NOT_FOUND'));
  await assert.rejects(client().agents.get('none').withResponse(), { name: 'NotFoundError' });
});

test('a session is sent as its cookie, and no key', async (t) => {
  const { client, requests } = await serve(t, ok([]));
  await client({ apiKey: undefined, sessionToken: 'tok' }).keys.list();
  assert.equal(requests[0].headers.cookie, 'agentiv_session=tok');
  assert.equal(requests[0].headers.authorization, undefined);
});

test('logging in gives the account and the token of its session', async (t) => {
  const { client, requests } = await serve(t, ok({ id: 'usr_1' }, {}, { 'Set-Cookie': 'agentiv_session=tok_en; Path=/; HttpOnly' }));
  const session = await client({ apiKey: null }).session.create({ email: 'ann@example.com', password: 'secret' });
  assert.deepEqual(session, { id: 'usr_1', session_token: 'tok_en' });
  assert.equal(requests[0].headers.authorization, undefined);
});

test('a new password gives the token of the session that goes on', async (t) => {
  const { client } = await serve(t, ok(null, {}, { 'Set-Cookie': 'agentiv_session=new; Path=/' }));
  const given = await client({ apiKey: undefined, sessionToken: 'old' }).me.setPassword({ currentPassword: 'a', newPassword: 'b' });
  assert.deepEqual(given, { session_token: 'new' });
});
