'use strict';
const assert = require('node:assert/strict');
const test = require('node:test');
const { inspect } = require('node:util');
const Agentiv = require('..');
const { KEY, serve, ok, refused, reset } = require('./lib/server');

/** The environment with these variables, for one test. */
function environment(t, variables) {
  for (const name of ['AGENTIV_API_KEY', 'AGENTIV_BASE_URL']) {
    const before = process.env[name];
    delete process.env[name];
    if (variables[name] !== undefined) process.env[name] = variables[name];
    t.after(() => (before === undefined ? delete process.env[name] : process.env[name] = before));
  }
}

test('without anything else the server is that of the service', (t) => {
  environment(t, {});
  assert.equal(new Agentiv({ apiKey: KEY }).baseURL, 'https://api.agentiv.cloud');
});

test('key and server may come from the environment', async (t) => {
  const { url, requests } = await serve(t, ok([]));
  environment(t, { AGENTIV_API_KEY: KEY, AGENTIV_BASE_URL: url });
  await new Agentiv().agents.list();
  assert.equal(requests[0].headers.authorization, `Bearer ${KEY}`);
});

test('options go before the environment', (t) => {
  environment(t, { AGENTIV_BASE_URL: 'https://example.org' });
  assert.equal(new Agentiv({ apiKey: KEY, baseURL: 'https://example.com/' }).baseURL, 'https://example.com');
});

for (const name of ['baseURL', 'baseUrl', 'base_url']) {
  test(`the server may be written ${name}`, () => {
    assert.equal(new Agentiv({ apiKey: KEY, [name]: 'https://example.com' }).baseURL, 'https://example.com');
  });
}

test('without a key the error says what to do', (t) => {
  environment(t, {});
  assert.throws(() => new Agentiv(), { name: 'TypeError', message: /give apiKey, or set AGENTIV_API_KEY/ });
  assert.throws(() => new Agentiv({ apiKey: undefined }), /AGENTIV_API_KEY/);
});

test('null is no key, for what is open to all', async (t) => {
  environment(t, { AGENTIV_API_KEY: KEY });
  const { client, requests } = await serve(t, ok({ status: 'live' }));
  assert.deepEqual(await client({ apiKey: null }).health.live(), { status: 'live' });
  assert.equal(requests[0].headers.authorization, undefined);
});

for (const apiKey of ['agv_live_secret\n', 'agv live secret', 'agv_sécret', 'agv_secret\0', 7]) {
  test(`a key that cannot be sent is refused and not told: ${JSON.stringify(apiKey)}`, () => {
    assert.throws(() => new Agentiv({ apiKey }), (error) => {
      assert.match(error.message, /apiKey holds characters that cannot be sent/);
      assert.ok(!inspect(error).includes('agv_'));
      return true;
    });
  });
}

test('key and session together are refused', () => {
  assert.throws(() => new Agentiv({ apiKey: KEY, sessionToken: 'tok' }), /either apiKey or sessionToken/);
});

for (const sessionToken of ['a;b', 'a b', 'a\n', 'a,b']) {
  test(`a session that cannot be a cookie is refused: ${JSON.stringify(sessionToken)}`, () => {
    assert.throws(() => new Agentiv({ sessionToken }), /sessionToken/);
  });
}

for (const path of ['/api', '/api/', '/mcp']) {
  test(`a server with what is behind it is refused with what is wrong: ${path}`, () => {
    assert.throws(() => new Agentiv({ apiKey: KEY, baseURL: `https://example.com${path}` }),
      { name: 'TypeError', message: 'Agentiv: baseURL must be the URL of the server, without /api or /mcp at its end' });
  });
}

test('a server that does not speak TLS is told of in one line', async (t) => {
  const { url } = await serve(t);
  const baseURL = url.replace('http:', 'https:');
  await assert.rejects(new Agentiv({ apiKey: KEY, baseURL, maxRetries: 0 }).usage.get(),
    { name: 'ConnectionError', message: new RegExp(`^${baseURL} could not be reached, or the connection broke: TLS: .+$`) });
});

for (const baseURL of ['example.com', 'ftp://example.com', 'https://ann:secret@example.com', 'https://secret@example.com', 'https://example.com?a=secret', 'no']) {
  test(`a server that is none is refused and not told: ${baseURL}`, () => {
    assert.throws(() => new Agentiv({ apiKey: KEY, baseURL }), (error) => {
      assert.match(error.message, /baseURL/);
      assert.ok(!error.message.includes('secret'));
      return true;
    });
  });
}

test('an option that nobody knows is refused', () => {
  assert.throws(() => new Agentiv({ apikey: KEY }), { name: 'TypeError', message: 'Agentiv: unknown option apikey; did you mean apiKey?' });
  assert.throws(() => new Agentiv({ baseurl: 'https://example.com' }), { message: 'Agentiv: unknown option baseurl; did you mean baseURL?' });
});

test('a client does not show its key', () => {
  const client = new Agentiv({ apiKey: KEY });
  const shown = [inspect(client, { depth: 9, showHidden: true }), inspect(client.agents, { depth: 9, showHidden: true }),
    JSON.stringify(client), String(client)];
  for (const text of shown) assert.ok(!text.includes(KEY), text);
  assert.equal(inspect(client), "Agentiv { baseURL: 'https://api.agentiv.cloud' }");
});

test('an error does not show the key', async (t) => {
  const { client } = await serve(t, reset, refused(401, 'UNAUTHORIZED'));
  const errors = [];
  for (let i = 0; i < 2; i++) await client({ maxRetries: 0 }).usage.get().catch((error) => errors.push(error));
  assert.deepEqual(errors.map(({ name }) => name), ['ConnectionError', 'UnauthorizedError']);
  for (const error of errors) assert.ok(!inspect(error, { depth: 9, showHidden: true }).includes(KEY));
});

test('another fetch can be given', async () => {
  const asked = [];
  const fetch = async (url, { method }) => {
    asked.push(`${method} ${url}`);
    return new Response('{"success": true, "data": []}');
  };
  await new Agentiv({ apiKey: KEY, baseURL: 'https://example.com', fetch }).agents.list();
  assert.deepEqual(asked, ['GET https://example.com/api/agents']);
});

test('connections are kept: many requests, hardly more than one socket', async (t) => {
  const sockets = new Set();
  const keep = (response, request) => {
    sockets.add(request.socket);
    ok({})(response);
  };
  const { client } = await serve(t, ...Array(8).fill(keep));
  const one = client();
  for (let i = 0; i < 8; i++) await one.usage.get();
  assert.ok(sockets.size <= 2, String(sockets.size));
});

test('the version is that of the package', () => {
  assert.equal(Agentiv.VERSION, require('../package.json').version);
});
