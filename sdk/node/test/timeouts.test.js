'use strict';
const assert = require('node:assert/strict');
const test = require('node:test');
const { serve, holdTimers, ok, reset, slowBody } = require('./lib/server');

/* What does not come, and when to do something about it: once the server was asked, or once the head is there. */
const LATE = {
  'a head that does not come': (act) => ({ answer: act, options: {} }),
  'a body that does not end': (act) => ({ answer: slowBody, options: { fetch: (...args) => fetch(...args).finally(act) } }),
};

for (const [what, late] of Object.entries(LATE)) {
  test(`${what} ends by the time limit, and is asked for again`, async (t) => {
    const timers = holdTimers(t, (ms, count) => count === 1);
    const { answer, options } = late(timers.pass);
    const { client, requests } = await serve(t, answer, ok({ plan: 'pro' }));
    assert.deepEqual(await client(options).usage.get(), { plan: 'pro' });
    assert.equal(requests.length, 2);
  });

  test(`${what} is a TimeoutError after the last try`, async (t) => {
    const { answer, options } = late(holdTimers(t).pass);
    const { client, url } = await serve(t, answer);
    await assert.rejects(client({ ...options, maxRetries: 0, timeout: 4000 }).usage.get(),
      { name: 'TimeoutError', message: `${url} did not answer within 4 s`, code: null, status: null });
  });

  test(`${what} ends when the caller aborts`, async (t) => {
    const abort = new AbortController();
    const { answer, options } = late(() => abort.abort(new Error('the user left')));
    const { client, requests } = await serve(t, answer);
    await assert.rejects(client(options).usage.get({ signal: abort.signal }), (error) => {
      assert.deepEqual([error.name, error.cause.message], ['AbortError', 'the user left']);
      return true;
    });
    assert.equal(requests.length, 1);
  });
}

test('the time limit is a minute and a half, that of the client, or that of the call', async (t) => {
  const { client } = await serve(t, ok({}), ok({}), ok({}));
  const { limits } = holdTimers(t);
  await client().usage.get();
  await client({ timeout: 7000 }).usage.get();
  await client({ timeout: 7000 }).usage.get({ timeout: 50 });
  assert.deepEqual(limits, [90_000, 7000, 50]);
});

test('each try has the whole time', async (t) => {
  const { client } = await serve(t, reset, ok({}));
  const { limits } = holdTimers(t);
  await client({ timeout: 7000 }).usage.get();
  assert.deepEqual(limits, [7000, 7000]);
});

test('without a limit there is none', async (t) => {
  const { client } = await serve(t, ok({}));
  const { limits } = holdTimers(t);
  await client({ timeout: Infinity }).usage.get();
  assert.deepEqual(limits, []);
});

test('who has aborted already asks for nothing', async (t) => {
  const { client, requests } = await serve(t);
  await assert.rejects(client().usage.get({ signal: AbortSignal.abort() }), { name: 'AbortError' });
  assert.equal(requests.length, 0);
});

test('a pause between two tries ends when the caller aborts', async (t) => {
  const clock = require('../lib/clock');
  const sleep = clock.sleep;
  const { client, requests } = await serve(t, reset);
  const abort = new AbortController();
  t.mock.method(clock, 'sleep', (ms, signal) => {
    abort.abort();
    return sleep(60_000, signal);
  });
  await assert.rejects(client().usage.get({ signal: abort.signal }), { name: 'AbortError' });
  assert.equal(requests.length, 1);
});

test('a signal is left without listeners', async (t) => {
  const { client } = await serve(t, ok({}));
  const abort = new AbortController();
  let listeners = 0;
  const { addEventListener, removeEventListener } = AbortSignal.prototype;
  abort.signal.addEventListener = (...args) => (listeners++, addEventListener.apply(abort.signal, args));
  abort.signal.removeEventListener = (...args) => (listeners--, removeEventListener.apply(abort.signal, args));
  await client().usage.get({ signal: abort.signal });
  assert.equal(listeners, 0);
});

const WRONG = [{ timeout: 0 }, { timeout: -1 }, { timeout: '5' }, { timeout: NaN }, { maxRetries: 1.5 }, { maxRetries: -1 },
  { signal: {} }, { waitTimeout: 86_400_001 }];

for (const options of WRONG) {
  test(`an option of the wrong kind is refused: ${Object.entries(options)[0].join(' ')}`, async (t) => {
    const { client } = await serve(t);
    await assert.rejects(client().agents.run('probe', options), { name: 'TypeError', message: new RegExp(Object.keys(options)[0]) });
  });
}
