'use strict';
const assert = require('node:assert/strict');
const test = require('node:test');
const Agentiv = require('..');
const { Transport } = require('../lib/transport');
const { serve, refused, json, text } = require('./lib/server');

const CODES = {
  UNAUTHORIZED: [401, 'UnauthorizedError'],
  FORBIDDEN: [403, 'ForbiddenError'],
  NOT_FOUND: [404, 'NotFoundError'],
  METHOD_NOT_ALLOWED: [405, 'MethodNotAllowedError'],
  CONFLICT: [409, 'ConflictError'],
  PAYLOAD_TOO_LARGE: [413, 'PayloadTooLargeError'],
  RATE_LIMITED: [429, 'RateLimitedError'],
  INVALID_INPUT: [400, 'InvalidInputError'],
  INTEGRATION_NOT_CONNECTED: [400, 'IntegrationNotConnectedError'],
  EXECUTION_FAILED: [500, 'ExecutionFailedError'],
  INTERNAL: [500, 'InternalError'],
  UNAVAILABLE: [503, 'UnavailableError'],
};

for (const [code, [status, name]] of Object.entries(CODES)) {
  test(`${code} is ${name}`, async (t) => {
    const { client } = await serve(t, refused(status, code));
    await assert.rejects(client({ maxRetries: 0 }).usage.get(), (error) => {
      assert.ok(error instanceof Agentiv[name]);
      assert.ok(error instanceof Agentiv.AgentivError);
      const { code: itsCode, status: itsStatus, message, requestId } = error;
      assert.deepEqual([error.name, itsCode, itsStatus, message, requestId], [name, code, status, `It is ${code}`, 'req_1']);
      return true;
    });
  });
}

test('an error tells all that the API tells of it', async (t) => {
  const told = { field: 'url', integrationSlug: 'gmail', execution_id: 'exec_1', retry_after: 3 };
  const { client } = await serve(t, refused(400, 'INVALID_INPUT', told));
  await assert.rejects(client().usage.get(), { field: 'url', integrationSlug: 'gmail', executionId: 'exec_1', retryAfter: 3,
    raw: { code: 'INVALID_INPUT', message: 'It is INVALID_INPUT', ...told } });
});

test('what is not known of an error is null', async (t) => {
  const { client } = await serve(t, refused(404, 'NOT_FOUND'));
  await assert.rejects(client().usage.get(), { field: null, integrationSlug: null, executionId: null, retryAfter: null, limit: null,
    reason: null });
});

test('a code of a newer server is an AgentivError', async (t) => {
  const { client } = await serve(t, refused(402, 'PAYMENT_REQUIRED'));
  await assert.rejects(client().usage.get(), { name: 'AgentivError', code: 'PAYMENT_REQUIRED', status: 402 });
});

const PROXY = { 413: 'PayloadTooLargeError', 429: 'RateLimitedError', 502: 'UnavailableError', 503: 'UnavailableError',
  504: 'UnavailableError', 404: 'ResponseError', 401: 'ResponseError', 500: 'ResponseError' };

for (const [status, name] of Object.entries(PROXY)) {
  test(`a page of a proxy with ${status} is ${name}`, async (t) => {
    const { client } = await serve(t, text(Number(status), '<h1>no</h1>'));
    await assert.rejects(client({ maxRetries: 0 }).usage.get(), { name, status: Number(status) });
  });
}

for (const error of [null, 'no', {}, { code: 7, message: 'x' }]) {
  test(`an error that is malformed is a ResponseError: ${JSON.stringify(error)}`, async (t) => {
    const { client } = await serve(t, json(400, { success: false, error }));
    await assert.rejects(client().usage.get(), { name: 'ResponseError', status: 400, code: null });
  });
}

test('a success that is malformed is a ResponseError', async (t) => {
  for (const page of [text(200, '<h1>hello</h1>'), json(200, { hello: 1 })]) {
    const { client } = await serve(t, page);
    await assert.rejects(client({ maxRetries: 0 }).usage.get(),
      { name: 'ResponseError', status: 200, code: null, message: /^The server answered 200 with .*: is baseURL right\?$/ });
  }
});

test('the stack of an error leads to the call, behind await and without', async (t) => {
  const { client } = await serve(t, refused(404, 'NOT_FOUND'), refused(404, 'NOT_FOUND'), refused(404, 'NOT_FOUND'));
  const agentiv = client();
  async function whoCalls(call) {
    await call(agentiv);
  }
  for (const call of [() => agentiv.usage.get(), () => agentiv.usage.get().withResponse(), () => agentiv.executions.list()]) {
    const error = await whoCalls(call).catch((caught) => caught);
    assert.equal(error.name, 'NotFoundError');
    assert.equal(error.stack.match(/\bwhoCalls\b/g)?.length, 1, error.stack);
  }
});

for (const status of [200, 400]) {
  test(`an answer without end is not kept: ${status}`, { timeout: 20_000 }, async (t) => {
    t.after(((most) => () => Transport.BODY_MAX = most)(Transport.BODY_MAX));
    Transport.BODY_MAX = 1 << 20;
    let closed;
    const left = new Promise((resolve) => closed = resolve);
    const { client, requests } = await serve(t, (response) => {
      const more = () => response.write(Buffer.alloc(1 << 16, ' '));
      response.on('close', closed);
      response.on('drain', more);
      response.writeHead(status, { 'Content-Type': 'application/json' });
      while (more());
    });
    await assert.rejects(client().usage.get(), { name: 'ResponseError', status, message: /too large/ });
    assert.equal(requests.length, 1);
    await left;
  });
}
