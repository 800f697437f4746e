'use strict';
/* The Node SDK on a running platform: every method, as a key and as a session may call it. What it needs is told by
 * test_node_live.py: LIVE has {url, key, run_key, email, password}. */
const assert = require('node:assert/strict');
const test = require('node:test');
const Agentiv = require('../../sdk/node');

const live = JSON.parse(process.env.LIVE);
const client = new Agentiv({ apiKey: live.key, baseURL: live.url });
const LONG = { sleep_ms: 3500, steps: 3 };      // the server answers 202 before

async function all(items) {
  const found = [];
  for await (const item of items) found.push(item);
  return found;
}

test('agents are listed and shown', async () => {
  const agents = await client.agents.list();
  assert.ok(agents.some(({ slug }) => slug === 'probe'));
  assert.equal((await client.agents.get('probe')).input_schema.type, 'object');
  await assert.rejects(client.agents.get('none'), Agentiv.NotFoundError);
});

test('a run is done, shown, listed and told step by step', async () => {
  const result = await client.agents.run('probe', { input: { payload: { a: 1 }, steps: 2 } });
  assert.deepEqual([result.status, result.output.payload], ['success', { a: 1 }]);
  const execution = await client.executions.get(result.execution_id);
  assert.deepEqual(execution.output, result.output);
  const listed = await all(client.executions.list({ agentSlug: 'probe', limit: 1 }));
  assert.ok(listed.some(({ id }) => id === result.execution_id));
  const steps = await all(client.executions.steps(result.execution_id, { limit: 1 }));
  assert.deepEqual(steps.map(({ step }) => step), steps.map((_, index) => index + 1));
  assert.ok(steps.length >= 2);
  const events = await all(client.executions.events(result.execution_id));
  assert.deepEqual(events.map(({ event }) => event), [...steps.map(() => 'step'), 'end']);
});

test('a run that takes longer than the server waits is waited for', async () => {
  const result = await client.agents.run('probe', { input: { ...LONG, payload: 7 } });
  assert.deepEqual([result.status, result.output.payload], ['success', 7]);
});

test('a key that may run and not read waits, too, and nothing is run twice', async () => {
  const runner = new Agentiv({ apiKey: live.run_key, baseURL: live.url });
  const before = (await all(client.executions.list())).length;
  assert.equal((await runner.agents.run('probe', { input: { ...LONG, payload: 8 } })).output.payload, 8);
  assert.equal((await all(client.executions.list())).length, before + 1);
});

test('a run that fails late tells why', async () => {
  await assert.rejects(client.agents.run('probe', { input: { ...LONG, fail: 'final' } }),
    { name: 'ExecutionFailedError', code: 'EXECUTION_FAILED' });
});

test('an asynchronous run is followed, cancelled, and told to be', async () => {
  const { execution_id: id, status } = await client.agents.run('probe', { input: { sleep_ms: 60_000, steps: 100 }, async: true });
  assert.match(status, /queued|running/);
  for await (const { event } of client.executions.events(id)) {
    if (event === 'step') break;
  }
  await client.executions.cancel(id);
  await assert.rejects(client.executions.wait(id), { name: 'ExecutionFailedError', reason: 'CANCELLED', executionId: id });
});

test('the same key of a caller is the same run', async () => {
  const options = { input: { payload: 1 }, idempotencyKey: 'live-1' };
  const first = await client.agents.run('probe', options);
  const { data, response } = await client.agents.run('probe', options).withResponse();
  assert.deepEqual([data.execution_id, response.idempotentReplayed], [first.execution_id, true]);
  await assert.rejects(client.agents.run('probe', { ...options, input: { payload: 2 } }), Agentiv.ConflictError);
});

test('a schedule is made, foreseen, run and deleted', async () => {
  const made = await client.schedules.set('probe', { cronExpr: '0 6 * * *', timezone: 'Asia/Kolkata', input: { payload: 3 },
    endsAt: new Date('2099-01-01T00:00:00Z') });
  assert.equal(made.ends_at, '2099-01-01T00:00:00Z');
  assert.deepEqual(await client.schedules.preview('probe', { from: new Date('2026-01-15T00:00:00Z'), count: 1 }), ['2026-01-15T00:30:00Z']);
  const { execution_id } = await client.schedules.run('probe');
  assert.equal((await client.executions.wait(execution_id)).schedule_id, made.id);
  assert.deepEqual((await all(client.schedules.history('probe'))).map(({ outcome }) => outcome), ['manual']);
  assert.equal((await client.schedules.list()).length, 1);
  assert.equal((await client.schedules.get('probe')).id, made.id);
  assert.equal(await client.schedules.delete('probe'), null);
});

test('an endpoint is registered, tried, changed and deleted', async () => {
  const made = await client.webhooks.create({ url: 'https://example.com/agentiv', events: ['schedule.fired'] });
  assert.match(made.secret, /^whsec_/);
  assert.notEqual((await client.webhooks.rotateSecret(made.id)).secret, made.secret);
  const delivery = await client.webhooks.test(made.id);
  assert.equal((await client.webhookDeliveries.get(delivery.id)).event, 'webhook.test');
  assert.ok((await all(client.webhooks.deliveries(made.id))).length >= 1);
  assert.equal((await client.webhooks.replay(made.id, { since: new Date() })).replayed, 0);
  assert.equal((await client.webhookEvents.replay(delivery.event_id)).replayed, 0);
  assert.equal((await client.webhooks.update(made.id, { enabled: false })).enabled, false);
  assert.equal((await client.webhooks.get(made.id)).disabled_reason, 'manual');
  assert.ok((await all(client.webhooks.list())).some(({ id }) => id === made.id));
  assert.equal(await client.webhooks.delete(made.id), null);
  await assert.rejects(client.webhookDeliveries.replay(delivery.id), Agentiv.ConflictError);
});

test('the account is shown: use, connections, mails, events', async () => {
  assert.equal((await client.usage.get()).plan, 'enterprise');
  assert.equal((await client.me.get()).email, live.email);
  assert.ok(Array.isArray(await client.connections.list()));
  assert.equal((await client.notifications.update({ runFailed: true })).run_failed, true);
  assert.equal((await client.notifications.get()).run_failed, true);
  assert.ok((await client.webhookEvents.list()).length >= 5);
});

test('anybody may ask how the server is, and what it can do', async () => {
  const nobody = new Agentiv({ apiKey: null, baseURL: live.url });
  assert.deepEqual([await nobody.health.live(), await nobody.health.ready()], [{ status: 'live' }, { status: 'ready' }]);
  assert.match((await nobody.openapi()).openapi, /^3\.1/);
  await assert.rejects(nobody.agents.list(), { name: 'UnauthorizedError', requestId: /^req_/ });
});

test('a session logs in, makes and rotates keys, changes its password, and logs out', async () => {
  const nobody = new Agentiv({ apiKey: null, baseURL: live.url });
  const { session_token, email } = await nobody.session.create({ email: live.email, password: live.password });
  assert.equal(email, live.email);
  const first = new Agentiv({ sessionToken: session_token, baseURL: live.url });
  const made = await first.keys.create({ name: 'CI', scopes: ['agents:read'], expiresAt: new Date('2099-01-01T00:00:00Z') });
  assert.equal((await new Agentiv({ apiKey: made.key, baseURL: live.url }).me.get()).auth.id, made.id);
  const rotated = await first.keys.rotate(made.id, { overlapSeconds: 0 });
  assert.equal((await first.keys.list()).find(({ id }) => id === made.id).replaced_by, rotated.id);
  assert.equal(await first.keys.revoke(rotated.id), null);
  const changed = await first.me.setPassword({ currentPassword: live.password, newPassword: `${live.password}2` });
  const second = new Agentiv({ sessionToken: changed.session_token, baseURL: live.url });
  assert.equal((await second.me.get()).auth.kind, 'session');
  assert.equal(await second.session.delete(), null);
  await assert.rejects(second.me.get(), Agentiv.UnauthorizedError);
});
