'use strict';
/* One call of the Node SDK, for tests that ask both SDKs the same. Standard input has
 *   {"call": "agents.run", "args": [...], "client": {options, in snake_case}, "stream": bool}
 * with durations in seconds; a line of JSON comes back: {"ok": result} or {"error": {…}}. A stream, or a list with
 * "stream", is told as the array of all its items. SDK in the environment names the package's folder. */
const Agentiv = require(process.env.SDK || '../../sdk/node');

const IN_SECONDS = ['timeout', 'wait_timeout'];
const camel = (name) => name.replace(/_([a-z])/g, (_, letter) => letter.toUpperCase());
const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);

function inMilliseconds(options) {
  const scale = ([name, value]) => [name, IN_SECONDS.includes(name) ? value * 1000 : value];
  return isObject(options) ? Object.fromEntries(Object.entries(options).map(scale)) : options;
}

function argumentsOf(call, args) {
  return call === 'webhooks.verify' ? args : args.map(inMilliseconds);
}

async function all(items) {
  const found = [];
  for await (const item of items) found.push(item);
  return found;
}

async function answer({ call, args = [], client, stream }) {
  const made = new Agentiv(inMilliseconds(client));
  const owner = call.split('.').slice(0, -1).reduce((at, name) => at[camel(name)], made);
  const result = owner[camel(call.split('.').at(-1))](...argumentsOf(call, args));
  return stream ? all(result) : result;
}

function described(error) {
  return { class: error.name, code: error.code ?? null, status: error.status ?? null, request_id: error.requestId ?? null,
    execution_id: error.executionId ?? null, message: error.message };
}

async function main() {
  const asked = JSON.parse((await all(process.stdin)).join(''));
  const told = await answer(asked).then((ok) => ({ ok }), (error) => ({ error: described(error) }));
  process.stdout.write(`${JSON.stringify(told)}\n`);
}

main();
