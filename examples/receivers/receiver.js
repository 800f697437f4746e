// A receiver of Agentiv's webhooks for Node 18 or later, without a dependency.
//   AGENTIV_WEBHOOK_SECRET=whsec_… PORT=3000 node receiver.js
'use strict';
const crypto = require('node:crypto');
const http = require('node:http');

const secret = process.env.AGENTIV_WEBHOOK_SECRET || '';
const BODY_MAX = 8 << 20;      // bytes; the output of a run may have 4 MiB
const TOLERANCE_S = 5 * 60;    // how far the clocks of the sender and of this machine may be apart
const SEEN_MAX = 10000;
const NEEDED = ['x-agentiv-signature', 'webhook-id', 'webhook-timestamp', 'webhook-signature'];

// Whether they are the same, in a time that does not tell where they differ.
function same(given, right) {
  const a = Buffer.from(given), b = Buffer.from(right);
  return a.length === b.length && crypto.timingSafeEqual(a, b);
}

// X-Agentiv-Signature is keyed by the whole secret, over the body as it came: parsed and written again, it is another.
// For 24 hours after a rotation, X-Agentiv-Signature-Previous is that of the secret before, so that a receiver
// which still has that one accepts as well. It is good until then to put the new one into AGENTIV_WEBHOOK_SECRET.
function verifyAgentiv(headers, rawBody) {
  const sig = 'sha256=' + crypto.createHmac('sha256', secret).update(rawBody).digest('hex');
  return same(headers['x-agentiv-signature'], sig) || same(headers['x-agentiv-signature-previous'] || '', sig);
}

// Standard Webhooks, which the packages standardwebhooks and svix do for you: keyed by the decoded rest of the secret,
// over id and time too, so that nobody can send again what was overheard. After a rotation it lists two signatures.
function verifyStandard(headers, rawBody) {
  const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
  const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.`;
  const sig = 'v1,' + crypto.createHmac('sha256', key).update(signed).update(rawBody).digest('base64');
  return headers['webhook-signature'].split(' ').some((given) => same(given, sig));
}

// Why it is refused, as status and reason; null when it is good. One of the two signatures would do, the second better.
function refusal(headers, rawBody) {
  const missing = NEEDED.find((name) => !headers[name]);
  if (missing) return [400, `The header ${missing} is missing`];
  if (!(Math.abs(Date.now() / 1000 - Number(headers['webhook-timestamp'])) <= TOLERANCE_S))
    return [400, 'The timestamp is too far from now'];
  if (!verifyAgentiv(headers, rawBody) || !verifyStandard(headers, rawBody)) return [401, 'The signature is wrong'];
  return null;
}

// An event comes at least once, and each time with the same webhook-id. Here the ids are forgotten when the process
// ends. To lose and repeat nothing, INSERT id and body into a table whose key is the id, before the answer (a duplicate
// key is a repeat), and let a worker go on from there: what was answered with 2xx is not sent again.
const seen = new Set();
function isNew(id) {
  if (seen.has(id)) return false;
  seen.add(id);
  if (seen.size > SEEN_MAX) seen.delete(seen.values().next().value);
  return true;
}

// What your application does with an event.
function work(id, event) {
  console.log(id, event.event, event.execution_id || '');
}

async function receive(req, res) {
  const answer = (status, text) => res.writeHead(status, { 'Content-Type': 'text/plain' }).end(text);
  if (req.method !== 'POST') return answer(405, 'POST only');
  // the sender always tells how long the body is, and node reads no more than that
  if (!(Number(req.headers['content-length']) <= BODY_MAX)) return answer(413, 'The body is too large');
  const chunks = [];
  for await (const chunk of req) chunks.push(chunk);
  const rawBody = Buffer.concat(chunks);

  const refused = refusal(req.headers, rawBody);
  if (refused) return answer(...refused);
  const id = req.headers['webhook-id'];
  res.writeHead(204).end();    // at once: what takes longer than 15 s is sent again
  if (isNew(id)) setImmediate(work, id, JSON.parse(rawBody));
}

if (!secret.startsWith('whsec_')) {
  console.error('AGENTIV_WEBHOOK_SECRET must be the secret of the endpoint, whsec_ included');
  process.exit(2);
}
const server = http.createServer((req, res) => receive(req, res).catch(() => res.destroy()));
server.requestTimeout = 15000;
server.listen(Number(process.env.PORT || 3000), '127.0.0.1');
