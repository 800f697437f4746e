'use strict';
const assert = require('node:assert/strict');
const test = require('node:test');
const { serve, ok, refused, reset } = require('./lib/server');

const page = (data, next_cursor) => ok(data, { beside: { next_cursor, has_more: next_cursor !== null } });

async function all(items) {
  const found = [];
  for await (const item of items) found.push(item);
  return found;
}

test('for await goes over all pages, with the filter on each', async (t) => {
  const { client, requests } = await serve(t, page([1, 2], 'c1'), page([3], 'c2'), page([4], null));
  assert.deepEqual(await all(client().executions.list({ status: 'failed', agentSlug: 'probe', limit: 2 })), [1, 2, 3, 4]);
  assert.deepEqual(requests.map(({ url }) => url), [
    '/api/executions?status=failed&agent_slug=probe&limit=2',
    '/api/executions?status=failed&agent_slug=probe&limit=2&cursor=c1',
    '/api/executions?status=failed&agent_slug=probe&limit=2&cursor=c2']);
});

test('a page that holds nothing is not the end', async (t) => {
  const { client } = await serve(t, page([], 'c1'), page([1], null));
  assert.deepEqual(await all(client().webhooks.deliveries('whk_1', { status: 'failed' })), [1]);
});

test('pages are asked for as they are needed', async (t) => {
  const { client, requests } = await serve(t, page([1, 2], 'c1'));
  for await (const item of client().executions.list()) if (item === 2) break;
  assert.equal(requests.length, 1);
});

test('a list that is awaited is its first page', async (t) => {
  const { client } = await serve(t, page([1, 2], 'c1'));
  assert.deepEqual(await client().executions.list(), { data: [1, 2], next_cursor: 'c1', has_more: true });
});

test('a list can be gone over page by page', async (t) => {
  const { client } = await serve(t, page([1], 'c1'), page([2], null));
  assert.deepEqual((await all(client().executions.list().pages())).map(({ data }) => data), [[1], [2]]);
});

test('a list can be gone over twice', async (t) => {
  const { client } = await serve(t, page([1], 'c1'), page([2], null), page([2], null));
  const list = client().executions.list();
  assert.deepEqual([await all(list), await all(list)], [[1, 2], [1, 2]]);
});

test('a page that is lost on its way is asked for again', async (t) => {
  const { client } = await serve(t, page([1], 'c1'), reset, page([2], null));
  assert.deepEqual(await all(client().schedules.history('probe')), [1, 2]);
});

test('a page that is refused ends the list with its error', async (t) => {
  const { client } = await serve(t, page([1], 'c1'), refused(401, 'UNAUTHORIZED'));
  const found = [];
  await assert.rejects(async () => {
    for await (const item of client().webhooks.list()) found.push(item);
  }, { name: 'UnauthorizedError' });
  assert.deepEqual(found, [1]);
});

test('steps go on behind the last one', async (t) => {
  const { client, requests } = await serve(t, ok([{ step: 1 }, { step: 5 }], { beside: { has_more: true } }),
    ok([{ step: 6 }], { beside: { has_more: false } }));
  assert.deepEqual((await all(client().executions.steps('exec_1'))).map(({ step }) => step), [1, 5, 6]);
  assert.equal(requests[1].url, '/api/executions/exec_1/steps?after=5');
});

test('a list without pages is an array, and can be gone over at once', async (t) => {
  const { client } = await serve(t, ok([1, 2]), ok([1, 2]));
  assert.deepEqual(await client().agents.list(), [1, 2]);
  assert.deepEqual(await all(client().agents.list()), [1, 2]);
});

test('a server that leads in a circle is not followed', async (t) => {
  const { client } = await serve(t, page([1], 'c1'), page([2], 'c1'));
  await assert.rejects(all(client().executions.list()), { name: 'ResponseError' });
});

test('a server that promises more steps and sends none is not asked again', async (t) => {
  const { client } = await serve(t, ok([], { beside: { has_more: true } }));
  await assert.rejects(all(client().executions.steps('exec_1')), { name: 'ResponseError' });
});

test('withResponse gives the first page and what came with it', async (t) => {
  const { client } = await serve(t, page([1], null));
  const { data, response } = await client().executions.list().withResponse();
  assert.deepEqual([data.data, response.requestId], [[1], 'req_1']);
});
