'use strict';
/* The examples of the README run, before a server that has something for each. */
const assert = require('node:assert/strict');
const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');
const test = require('node:test');
const Agentiv = require('..');

const README = fs.readFileSync(path.join(__dirname, '../README.md'), 'utf8');
const EXAMPLES = [...README.matchAll(/```js\n([\s\S]*?)```/g)].map(([, code]) => code);
const AsyncFunction = (async () => {}).constructor;

const END = 'id: 1\nevent: step\ndata: {"step":1}\n\nid: 1\nevent: end\ndata: {"status":"success"}\n\n';
const EXECUTION = { id: 'exec_1', execution_id: 'exec_1', status: 'success', output: {}, summary: 'Triaged' };

/* What a path is answered with; the rest has an object. */
const DATA = [
  [/^GET .*\/(agents|preview)\b/, []],
  [/^GET .*\/(executions|deliveries|history)(\?|$)/, []],
  [/^(POST .*\/agents\/.*run|GET .*\/executions\/exec)/, EXECUTION],
  [/^POST .*\/webhooks$/, { id: 'whk_1', secret: 'whsec_x' }],
];

async function answer(url, { method }) {
  if (url.endsWith('/events')) return new Response(END, { headers: { 'content-type': 'text/event-stream' } });
  const [, data] = DATA.find(([pattern]) => pattern.test(`${method} ${url}`)) ?? [null, {}];
  return new Response(JSON.stringify({ success: true, data, next_cursor: null, has_more: false }),
    { headers: { 'set-cookie': 'agentiv_session=tok; Path=/' } });
}

test('there are examples', () => assert.ok(EXAMPLES.length > 10));

for (const [number, code] of EXAMPLES.entries()) {
  test(`example ${number + 1} runs: ${code.trim().split('\n')[0]}`, async (t) => {
    t.mock.method(globalThis, 'fetch', answer);
    t.mock.method(console, 'log', () => {});
    t.mock.method(http.Server.prototype, 'listen', () => {});
    const client = new Agentiv({ apiKey: 'agv_live_x' });
    process.env.AGENTIV_API_KEY = 'agv_live_x';
    t.after(() => delete process.env.AGENTIV_API_KEY);
    const declares = (name) => new RegExp(`const ${name} =`).test(code);
    const given = { require: (name) => (name === 'agentiv-sdk' ? Agentiv : require(name)), client, Agentiv };
    const names = Object.keys(given).filter((name) => !declares(name));
    await new AsyncFunction(...names, code)(...names.map((name) => given[name]));
  });
}

test('the table of methods has all there are', () => {
  const client = new Agentiv({ apiKey: 'agv_live_x' });
  const table = README.slice(README.indexOf('## All methods'));
  for (const [name, resource] of Object.entries(client)) {
    if (typeof resource !== 'object') continue;
    const line = table.split('\n').find((one) => one.startsWith(`| \`${name}\` |`)) ?? '';
    const told = [...line.matchAll(/`(\w+)\(/g)].map(([, method]) => method);
    assert.deepEqual(told.sort(), Object.keys(resource).sort(), name);
  }
});
