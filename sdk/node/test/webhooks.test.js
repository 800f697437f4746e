'use strict';
const assert = require('node:assert/strict');
const { createHmac } = require('node:crypto');
const test = require('node:test');
const Agentiv = require('..');
const clock = require('../lib/clock');

const { verify } = Agentiv.webhooks;
const SECRET = `whsec_${Buffer.from('the secret of an endpoint').toString('base64')}`;
const OTHER = `whsec_${Buffer.from('another secret').toString('base64')}`;
const EVENT = { event: 'agent.execution.success', summary: 'Grüße 🦁' };
const BODY = JSON.stringify(EVENT);
const NOW_S = 1_736_920_860;

const hex = (secret, body = BODY) => `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;

function standard(secret, { id = 'evt_1', at = NOW_S, body = BODY } = {}) {
  const key = Buffer.from(secret.slice(6), 'base64');
  return `v1,${createHmac('sha256', key).update(`${id}.${at}.${body}`).digest('base64')}`;
}

const trio = (signature, at = NOW_S) => ({ 'webhook-id': 'evt_1', 'webhook-timestamp': String(at), 'webhook-signature': signature });

const refused = (message) => ({ name: 'WebhookVerificationError', message });

test.beforeEach((t) => t.mock.method(clock, 'now', () => NOW_S * 1000));

/* ---- what is accepted ---- */

const HEADERS = {
  'Standard Webhooks': trio(standard(SECRET)),
  'several signatures, of which one is right': trio(`v1a,xyz ${standard(OTHER)} v1,short ${standard(SECRET)}`),
  'X-Agentiv-Signature alone': { 'X-Agentiv-Signature': hex(SECRET) },
  'the secret before a rotation': { 'x-agentiv-signature': hex(OTHER), 'x-agentiv-signature-previous': hex(SECRET) },
  'names in any case': { 'WEBHOOK-ID': 'evt_1', 'Webhook-Timestamp': String(NOW_S), 'webhook-Signature': standard(SECRET) },
  'Headers of fetch': new Headers(trio(standard(SECRET))),
  'anything with get': { get: (name) => (name === 'x-agentiv-signature' ? hex(SECRET) : undefined) },
  'an array, as some frameworks give it': { 'x-agentiv-signature': [hex(SECRET)] },
  'a part of the trio, and ours': { 'webhook-id': 'evt_1', 'x-agentiv-signature': hex(SECRET) },
};

for (const [what, headers] of Object.entries(HEADERS)) {
  test(`a webhook is accepted by ${what}`, () => assert.deepEqual(verify(BODY, headers, SECRET), EVENT));
}

const BODIES = { 'a string': BODY, 'a Buffer': Buffer.from(BODY), 'bytes': new TextEncoder().encode(BODY),
  'bytes within others': new TextEncoder().encode(`xx${BODY}yy`).subarray(2, -2) };

for (const [what, body] of Object.entries(BODIES)) {
  test(`the body may be ${what}`, () => assert.deepEqual(verify(body, trio(standard(SECRET)), SECRET), EVENT));
}

for (const secret of ['whsec_', 'whsec_?', 'whsec_=', 'secret', '']) {
  test(`a secret that is none is refused, for anybody could sign by it: ${secret}`, () => {
    const signature = `v1,${createHmac('sha256', '').update(`evt_1.${NOW_S}.${BODY}`).digest('base64')}`;
    assert.throws(() => verify(BODY, trio(signature), secret), TypeError);
    assert.throws(() => verify(BODY, trio(signature), [SECRET, secret]), TypeError);
  });
}

test('several secrets may be right', () => {
  assert.deepEqual(verify(BODY, trio(standard(SECRET)), [OTHER, SECRET]), EVENT);
});

test('a client has the same function', () => {
  assert.equal(new Agentiv({ apiKey: 'x' }).webhooks.verify, verify);
});

/* ---- what is not ---- */

test('another secret is refused, by either family', () => {
  assert.throws(() => verify(BODY, trio(standard(OTHER)), SECRET), refused('No signature of webhook-signature is right'));
  assert.throws(() => verify(BODY, { 'x-agentiv-signature': hex(OTHER) }, SECRET), refused('X-Agentiv-Signature is not right'));
});

test('a body that was changed is refused, by either family', () => {
  const changed = BODY.replace('success', 'failure');
  assert.throws(() => verify(changed, trio(standard(SECRET)), SECRET), refused(/No signature/));
  assert.throws(() => verify(changed, { 'x-agentiv-signature': hex(SECRET) }, SECRET), refused(/not right/));
});

test('another id is refused', () => {
  assert.throws(() => verify(BODY, { ...trio(standard(SECRET)), 'webhook-id': 'evt_2' }, SECRET), refused(/No signature/));
});

test('a right X-Agentiv-Signature does not make up for a wrong webhook-signature', () => {
  const headers = { ...trio(standard(OTHER)), 'x-agentiv-signature': hex(SECRET) };
  assert.throws(() => verify(BODY, headers, SECRET), refused(/No signature/));
});

for (const [what, at, message] of [['too old', NOW_S - 301, /too old/], ['from the future', NOW_S + 301, /from the future/]]) {
  test(`a webhook that is ${what} is refused`, () => {
    assert.throws(() => verify(BODY, trio(standard(SECRET, { at }), at), SECRET), refused(message));
  });
}

test('how old it may be can be said', () => {
  const at = NOW_S - 3600;
  assert.deepEqual(verify(BODY, trio(standard(SECRET, { at }), at), SECRET, { tolerance: 3600 }), EVENT);
  assert.throws(() => verify(BODY, trio(standard(SECRET, { at }), at), SECRET, { tolerance: 3599 }), refused(/too old/));
});

test('a time that is none is refused, though it be signed', () => {
  const at = 'soon';
  assert.throws(() => verify(BODY, trio(standard(SECRET, { at }), at), SECRET), refused('webhook-timestamp is no time'));
});

for (const signature of ['', 'v1,', 'v1', 'sha256=', `v2,${standard(SECRET).slice(3)}`, standard(SECRET).slice(0, -4)]) {
  test(`a webhook-signature that is none is refused: ${signature.slice(0, 12)}`, () => {
    assert.throws(() => verify(BODY, trio(signature), SECRET), refused(/No signature/));
  });
}

for (const signature of ['', 'sha256=', 'sha256=00', hex(SECRET).slice(7), `${hex(SECRET)}00`, hex(SECRET).replace('256', '1')]) {
  test(`an X-Agentiv-Signature that is none is refused: ${signature.slice(0, 12)} of ${signature.length}`, () => {
    assert.throws(() => verify(BODY, { 'x-agentiv-signature': signature }, SECRET), refused(/not right/));
  });
}

test('without a signature it is refused', () => {
  assert.throws(() => verify(BODY, { 'webhook-id': 'evt_1' }, SECRET), refused(/not signed/));
});

test('a body that is signed and no JSON is refused', () => {
  assert.throws(() => verify('no', { 'x-agentiv-signature': hex(SECRET, 'no') }, SECRET), refused(/no JSON/));
});

/* ---- mistakes of who calls ---- */

test('a body that was parsed already is refused with what to do', () => {
  assert.throws(() => verify(EVENT, trio(standard(SECRET)), SECRET), { name: 'TypeError', message: /as it came, a string or a Buffer/ });
});

for (const secret of [undefined, '', null, [], [SECRET, '']]) {
  test(`a secret that is missing is told: ${JSON.stringify(secret)?.slice(0, 12)}`, () => {
    assert.throws(() => verify(BODY, trio(standard(SECRET)), secret), { name: 'TypeError', message: /the secret must be that of the endpoint/ });
  });
}

test('headers that are missing are told', () => {
  assert.throws(() => verify(BODY, undefined, SECRET), { name: 'TypeError', message: /the headers are missing/ });
});

for (const tolerance of [0, -1, '300', NaN]) {
  test(`a tolerance that is none is told: ${tolerance}`, () => {
    assert.throws(() => verify(BODY, trio(standard(SECRET)), SECRET, { tolerance }), { name: 'TypeError', message: /tolerance/ });
  });
}

test('an error does not hold the secret', () => {
  assert.throws(() => verify(BODY, trio(standard(OTHER)), SECRET), (error) => {
    assert.ok(!require('node:util').inspect(error).includes(SECRET.slice(6)));
    return true;
  });
});
