'use strict';
/* Signs as the packages standardwebhooks and svix do, and tells of each whether the SDK accepts it. */
const { Webhook: Standard } = require('standardwebhooks');
const { Webhook: Svix } = require('svix');
const Agentiv = require('agentiv-sdk');

const SECRET = `whsec_${Buffer.from('a secret of 24 bytes, ok').toString('base64')}`;
const BODY = JSON.stringify({ event: 'webhook.test', message: 'Grüße 🦁' });

function accepts(Webhook) {
  const now = new Date();
  const headers = { 'webhook-id': 'evt_1', 'webhook-timestamp': String(Math.floor(now / 1000)),
    'webhook-signature': new Webhook(SECRET).sign('evt_1', now, BODY) };
  return Agentiv.webhooks.verify(BODY, headers, SECRET).event === 'webhook.test';
}

console.log(JSON.stringify({ standardwebhooks: accepts(Standard), svix: accepts(Svix) }));
