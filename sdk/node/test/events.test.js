'use strict';
const assert = require('node:assert/strict');
const test = require('node:test');
const clock = require('../lib/clock');
const { EventParser } = require('../lib/sse');
const { serve, holdTimers, refused, reset, stream, text, json } = require('./lib/server');

const step = (n) => `id: ${n}\nevent: step\ndata: {"step":${n}}\n\n`;
const END = 'id: 2\nevent: end\ndata: {"status":"success"}\n\n';

async function all(items) {
  const found = [];
  for await (const item of items) found.push(item);
  return found;
}

/* ---- the format ---- */

/** The events of a text that comes in pieces of so many bytes. */
function parse(text, size) {
  const bytes = Buffer.from(text);
  const parser = new EventParser();
  const found = [];
  for (let at = 0; at < bytes.length; at += size) found.push(...parser.push(bytes.subarray(at, at + size)));
  return found;
}

const FORMS = {
  'one event': ['event: step\nid: 7\ndata: x\n\n', [{ event: 'step', id: '7', data: 'x' }]],
  'without a name it is a message': ['data: x\n\n', [{ event: 'message', id: '', data: 'x' }]],
  'lines that end in CR LF': ['event: a\r\ndata: x\r\n\r\ndata: y\r\n\r\n',
    [{ event: 'a', id: '', data: 'x' }, { event: 'message', id: '', data: 'y' }]],
  'lines that end in CR': ['data: x\r\rdata: y\r\r', [{ event: 'message', id: '', data: 'x' }, { event: 'message', id: '', data: 'y' }]],
  'comments': [': steps\n\n: still here\n\ndata: x\n: between\n\n', [{ event: 'message', id: '', data: 'x' }]],
  'several lines of data': ['data: a\ndata:\ndata: b\n\n', [{ event: 'message', id: '', data: 'a\n\nb' }]],
  'one blank behind the colon is no part of it': ['data:  x\ndata:y\n\n', [{ event: 'message', id: '', data: ' x\ny' }]],
  'a colon within': ['data: {"a": 1}\n\n', [{ event: 'message', id: '', data: '{"a": 1}' }]],
  'an id stays until the next one': ['id: 1\ndata: x\n\ndata: y\n\n', [{ event: 'message', id: '1', data: 'x' }, { event: 'message', id: '1', data: 'y' }]],
  'an id with NUL is none': ['id: 1\nid: 2\0\ndata: x\n\n', [{ event: 'message', id: '1', data: 'x' }]],
  'a name does not stay': ['event: a\n\ndata: y\n\n', [{ event: 'message', id: '', data: 'y' }]],
  'unknown fields': ['colour: red\nretry: 5\nnonsense\ndata: x\n\n', [{ event: 'message', id: '', data: 'x' }]],
  'an event that is not ended is none': ['data: x\n\ndata: y\n', [{ event: 'message', id: '', data: 'x' }]],
  'a byte order mark': ['\ufeffdata: x\n\n', [{ event: 'message', id: '', data: 'x' }]],
  'characters of several bytes': ['data: Grüße 🦁 日本\n\n', [{ event: 'message', id: '', data: 'Grüße 🦁 日本' }]],
};

for (const [what, [text, expected]] of Object.entries(FORMS)) {
  for (const size of [1, 2, 3, 1000]) {
    test(`events: ${what}, in pieces of ${size} bytes`, () => assert.deepEqual(parse(text, size), expected));
  }
}

for (const [what, piece] of [['a line', 'a'.repeat(1 << 20)], ['an event', `data: ${'a'.repeat(1 << 20)}\n`]]) {
  test(`${what} without an end is not kept for ever`, () => {
    const parser = new EventParser();
    assert.throws(() => {
      for (let i = 0; i < 20; i++) parser.push(Buffer.from(piece));
    }, { name: 'ResponseError', message: /too large/ });
  });
}

/* ---- a run's stream ---- */

test('a run is followed step by step to its end', async (t) => {
  const { client, requests } = await serve(t, stream(': steps\n\n', step(1), step(2), END));
  assert.deepEqual(await all(client().executions.events('exec_1')), [
    { event: 'step', id: '1', data: { step: 1 } }, { event: 'step', id: '2', data: { step: 2 } },
    { event: 'end', id: '2', data: { status: 'success' } }]);
  assert.deepEqual([requests[0].url, requests[0].headers.accept], ['/api/executions/exec_1/events', 'text/event-stream']);
});

test('a stream that is lost is taken up behind the last step that came', async (t) => {
  const lost = (response) => {
    response.writeHead(200, { 'Content-Type': 'text/event-stream' });
    response.write(step(1) + 'id: 2\nevent: step\nda', () => setImmediate(() => response.destroy()));
  };
  const { client, requests } = await serve(t, lost, stream(step(2), END));
  const found = await all(client().executions.events('exec_1'));
  assert.deepEqual(found.map(({ event, id }) => event + id), ['step1', 'step2', 'end2']);
  assert.deepEqual(requests.map(({ headers }) => headers['last-event-id']), [undefined, '1']);
});

test('a stream that the server closes before the end is taken up', async (t) => {
  const { client } = await serve(t, stream(step(1)), reset, refused(503, 'UNAVAILABLE'), stream(step(2), END));
  assert.equal((await all(client({ maxRetries: 3 }).executions.events('exec_1'))).length, 3);
});

test('a stream from which nothing comes is given up after the retries', async (t) => {
  const { client, requests } = await serve(t, stream(step(1)), stream(': steps\n\n'), stream(': steps\n\n'), stream(': steps\n\n'));
  const found = [];
  await assert.rejects(async () => {
    for await (const { id } of client().executions.events('exec_1')) found.push(id);
  }, { name: 'ConnectionError' });
  assert.deepEqual([found, requests.length], [['1'], 3]);
});

test('each step that comes allows for as many retries again', async (t) => {
  const { client } = await serve(t, stream(step(1)), stream(step(2)), stream(step(3)), stream(END));
  assert.equal((await all(client({ maxRetries: 1 }).executions.events('exec_1'))).length, 4);
});

test('a stream that was open for a while, and silent, allows for as many retries again', async (t) => {
  let now = 0;
  t.mock.method(clock, 'monotonic', () => now);
  const long = (response) => {
    now += 15_000;
    stream(': still here\n\n')(response);
  };
  const { client } = await serve(t, long, long, long, stream(END));
  assert.equal((await all(client({ maxRetries: 1 }).executions.events('exec_1'))).length, 1);
});

test('silence ends a stream, and it is taken up', async (t) => {
  const timers = holdTimers(t, (ms, count) => count === 1);
  const { client } = await serve(t, timers.pass, stream(END));
  assert.equal((await all(client().executions.events('exec_1'))).length, 1);
});

test('each piece of a stream begins its time limit anew', async (t) => {
  const { client } = await serve(t, stream(step(1), END));
  const { limits } = holdTimers(t);
  await all(client({ timeout: 7000 }).executions.events('exec_1'));
  assert.ok(limits.length > 1);
  assert.deepEqual(new Set(limits), new Set([7000]));
});

test('a run that nobody knows is a NotFoundError', async (t) => {
  const { client } = await serve(t, refused(404, 'NOT_FOUND'));
  await assert.rejects(all(client().executions.events('exec_none')), { name: 'NotFoundError', requestId: 'req_1' });
});

for (const [what, answer] of [['a page', text(200, 'hello')], ['JSON', json(200, {})]]) {
  test(`${what} instead of a stream is a ResponseError`, async (t) => {
    const { client } = await serve(t, answer);
    await assert.rejects(all(client().executions.events('exec_1')), { name: 'ResponseError', status: 200 });
  });
}

test('who leaves the loop ends the connection', async (t) => {
  let closed;
  const left = new Promise((resolve) => closed = resolve);
  const { client } = await serve(t, (response) => {
    response.on('close', closed);
    response.writeHead(200, { 'Content-Type': 'text/event-stream' });
    response.write(step(1));
  });
  for await (const { id } of client().executions.events('exec_1')) {
    assert.equal(id, '1');
    break;
  }
  await left;
});

test('a stream ends when the caller aborts', async (t) => {
  const abort = new AbortController();
  const { client } = await serve(t, (response) => {
    response.writeHead(200, { 'Content-Type': 'text/event-stream' });
    response.write(step(1));
  });
  await assert.rejects(async () => {
    for await (const _ of client().executions.events('exec_1', { signal: abort.signal })) abort.abort();
  }, { name: 'AbortError' });
});

test('a stream can begin behind a step', async (t) => {
  const { client, requests } = await serve(t, stream(END));
  await all(client().executions.events('exec_1', { after: 7 }));
  assert.equal(requests[0].headers['last-event-id'], '7');
});

test('wrong arguments are told at once', async (t) => {
  const { client } = await serve(t);
  assert.throws(() => client().executions.events('exec_1', { afer: 1 }), /unknown option afer/);
});

test('an event without an id does not lose the place', async (t) => {
  const nameless = 'event: news\ndata: {}\n\n';
  const { client, requests } = await serve(t, stream(step(1)), stream(nameless), stream(END));
  await all(client().executions.events('exec_1'));
  assert.deepEqual(requests.map(({ headers }) => headers['last-event-id']), [undefined, '1', '1']);
});
