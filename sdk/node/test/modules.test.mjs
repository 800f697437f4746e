import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import test from 'node:test';
import Agentiv, * as everything from 'agentiv-sdk';

const required = createRequire(import.meta.url)('agentiv-sdk');

test('import and require give one and the same class', () => {
  assert.equal(Agentiv, required);
  assert.equal(everything.Agentiv, required);
});

test('what is imported by name is all that require gives', () => {
  const named = Object.keys(required).filter((name) => name !== 'default').sort();
  assert.deepEqual(Object.keys(everything).filter((name) => name !== 'default').sort(), named);
  for (const name of named) assert.equal(everything[name], required[name], name);
});

test('errors that are caught are of the class that is imported', async () => {
  const fetch = async () => new Response('{"success":false,"error":{"code":"NOT_FOUND","message":"no"}}', { status: 404 });
  await assert.rejects(new Agentiv({ apiKey: 'x', fetch }).agents.get('none'), everything.NotFoundError);
});
