'use strict';
/* Whether a webhook comes from Agentiv: by the headers of Standard Webhooks where they are, which have a time; else by
 * X-Agentiv-Signature. */
const { createHmac, timingSafeEqual } = require('node:crypto');
const clock = require('./clock');
const { WebhookVerificationError } = require('./errors');
const { spellings, readOptions } = require('./options');

const TOLERANCE_S = 300;
const SECRET = /^whsec_[A-Za-z0-9+/]{2,}={0,2}$/;
const OPTIONS = spellings(['tolerance']);

/* ---- what was sent ---- */

function bytesOf(rawBody) {
  if (typeof rawBody === 'string') return Buffer.from(rawBody);
  if (rawBody instanceof Uint8Array) return Buffer.from(rawBody.buffer, rawBody.byteOffset, rawBody.byteLength);
  throw new TypeError('webhooks.verify: the body must be given as it came, a string or a Buffer; once it is parsed its'
    + ' signature cannot be checked');
}

/** A function from a name in lower case to a header's value, or null. headers: Headers, or an object in any case. */
function headersOf(headers) {
  if (typeof headers !== 'object' || headers === null) throw new TypeError('webhooks.verify: the headers are missing');
  if (typeof headers.get === 'function') return (name) => headers.get(name) ?? null;
  const map = new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  return (name) => {
    const value = map.get(name);
    return value === undefined || value === null ? null : String(value);
  };
}

function secretsOf(secret) {
  const all = Array.isArray(secret) ? secret : [secret];
  if (all.length === 0 || all.some((one) => typeof one !== 'string' || !SECRET.test(one))) {
    throw new TypeError('webhooks.verify: the secret must be that of the endpoint, whsec_ included, or an array of them');
  }
  return all;
}

/* ---- signatures ---- */

function same(a, b) {
  return a.length === b.length && timingSafeEqual(a, b);
}

function hmac(key, ...parts) {
  const made = createHmac('sha256', key);
  for (const part of parts) made.update(part);
  return made.digest();
}

/* Each is compared, whatever the others say. */
function anySame(expected, given) {
  return expected.map((one) => given.map((other) => same(one, other)).includes(true)).includes(true);
}

function checkTime(timestamp, tolerance) {
  const at = /^\d{1,12}$/.test(timestamp) ? Number(timestamp) : NaN;
  if (Number.isNaN(at)) throw new WebhookVerificationError('webhook-timestamp is no time');
  const age = clock.now() / 1000 - at;
  if (age > tolerance) throw new WebhookVerificationError('The webhook is too old: it may be a repetition');
  if (age < -tolerance) throw new WebhookVerificationError('The webhook comes from the future: is the clock right?');
}

/* https://www.standardwebhooks.com: base64 of HMAC-SHA-256, keyed by what stands behind whsec_, decoded. */
function checkStandard({ id, timestamp, signatures }, body, secrets, tolerance) {
  const given = signatures.split(' ').filter((one) => one.startsWith('v1,')).map((one) => Buffer.from(one.slice(3), 'base64'));
  const expected = secrets.map((secret) => hmac(Buffer.from(secret.slice('whsec_'.length), 'base64'), `${id}.${timestamp}.`, body));
  if (!anySame(expected, given)) throw new WebhookVerificationError('No signature of webhook-signature is right');
  checkTime(timestamp, tolerance);
}

/* Hexadecimal digits of HMAC-SHA-256 over the body, keyed by the secret as it is. */
function checkAgentiv(signatures, body, secrets) {
  const given = signatures.filter((one) => /^sha256=[0-9a-f]{64}$/i.test(one)).map((one) => Buffer.from(one.slice(7), 'hex'));
  if (!anySame(secrets.map((secret) => hmac(secret, body)), given)) {
    throw new WebhookVerificationError('X-Agentiv-Signature is not right');
  }
}

function check(header, body, secrets, tolerance) {
  const standard = { id: header('webhook-id'), timestamp: header('webhook-timestamp'), signatures: header('webhook-signature') };
  if (Object.values(standard).every((value) => value !== null)) {
    checkStandard(standard, body, secrets, tolerance);
    return;
  }
  const ours = [header('x-agentiv-signature'), header('x-agentiv-signature-previous')].filter((one) => one !== null);
  if (ours.length === 0) throw new WebhookVerificationError('The webhook is not signed: its headers have no signature');
  checkAgentiv(ours, body, secrets);
}

/**
 * The event, when the webhook is Agentiv's; else it throws a WebhookVerificationError.
 * rawBody: string, Buffer or Uint8Array, not parsed; secret: one, or an array while it is changed;
 * options: {tolerance}, the seconds by which its time may differ from ours.
 */
function verify(rawBody, headers, secret, options) {
  const { tolerance = TOLERANCE_S } = readOptions(options, OPTIONS, 'webhooks.verify');
  if (!(typeof tolerance === 'number' && tolerance > 0)) {
    throw new TypeError('webhooks.verify: tolerance must be a number of seconds, more than 0');
  }
  const body = bytesOf(rawBody);
  check(headersOf(headers), body, secretsOf(secret), tolerance);
  try {
    return JSON.parse(body.toString());
  } catch {
    throw new WebhookVerificationError('The webhook is signed, but it is no JSON');
  }
}

module.exports = { verify };
