'use strict';
/* THE table: each path of the API, and the method that asks for it. calls.js makes the methods of it.
 *
 *   body, query  names of the options that go there, as the API has them
 *   kind         how it is asked for and what comes back (calls.js), where that is not one object
 *   bare         it comes without an envelope
 *   gone         the code of the refusal to delete what is not there any more
 *   resent       false: once sent it may have been done, and a second time would be refused
 */
const get = (path, query, kind) => ({ method: 'GET', path, query, kind });
const post = (path, body, kind) => ({ method: 'POST', path, body, kind });
const patch = (path, body) => ({ method: 'PATCH', path, body });
const del = (path, gone = 'NOT_FOUND') => ({ method: 'DELETE', path, kind: 'deleted', gone });

const ENDPOINT = ['url', 'description', 'events', 'enabled'];
const NOTIFICATIONS = ['run_success', 'run_failed', 'endpoint_disabled', 'integration_disconnected', 'trial_ending', 'quota_80',
  'quota_100', 'schedule_paused'];

module.exports = {
  agents: {
    list: get('/api/agents', [], 'list'),
    get: get('/api/agents/{slug}'),
    run: post('/api/agents/{slug}/run',
      ['input_payload', 'async', 'webhook_url', 'delay_seconds', 'run_at', 'max_tokens'], 'run'),
  },
  executions: {
    list: get('/api/executions', ['status', 'agent_slug', 'trigger_type', 'schedule_id', 'created_after', 'created_before',
      'limit', 'cursor'], 'pages'),
    get: get('/api/executions/{id}'),
    wait: get('/api/executions/{id}', [], 'wait'),
    steps: get('/api/executions/{id}/steps', ['after', 'limit'], 'steps'),
    events: get('/api/executions/{id}/events', [], 'events'),
    cancel: post('/api/executions/{id}/cancel', undefined, 'cancelled'),
  },
  schedules: {
    list: get('/api/schedules', [], 'list'),
    get: get('/api/schedules/{slug}'),
    set: post('/api/schedules/{slug}', ['cron_expr', 'timezone', 'enabled', 'input_payload', 'catch_up', 'overlap',
      'starts_at', 'ends_at', 'pause_after_failures']),
    delete: del('/api/schedules/{slug}'),
    run: post('/api/schedules/{slug}/run'),
    preview: get('/api/schedules/{slug}/preview', ['count', 'from', 'cron_expr', 'timezone'], 'list'),
    history: get('/api/schedules/{slug}/history', ['outcome', 'limit', 'cursor'], 'pages'),
  },
  webhooks: {
    list: get('/api/webhooks', ['limit', 'cursor'], 'pages'),
    create: post('/api/webhooks', ENDPOINT),
    get: get('/api/webhooks/{id}'),
    update: patch('/api/webhooks/{id}', ENDPOINT),
    delete: del('/api/webhooks/{id}'),
    rotateSecret: post('/api/webhooks/{id}/rotate-secret'),
    test: post('/api/webhooks/{id}/test'),
    deliveries: get('/api/webhooks/{id}/deliveries', ['status', 'event', 'created_after', 'created_before', 'limit', 'cursor'],
      'pages'),
    replay: post('/api/webhooks/{id}/replay', ['since']),
  },
  webhookDeliveries: {
    get: get('/api/webhook-deliveries/{id}'),
    replay: post('/api/webhook-deliveries/{id}/replay'),
  },
  webhookEvents: {
    list: get('/api/webhook-events', [], 'list'),
    replay: post('/api/webhook-events/{id}/replay'),
  },
  connections: {
    list: get('/api/connections', [], 'list'),
  },
  usage: {
    get: get('/api/usage'),
  },
  me: {
    get: get('/api/me'),
    setPassword: { ...post('/api/me/password', ['current_password', 'new_password'], 'session'), resent: false },
  },
  notifications: {
    get: get('/api/me/notifications'),
    update: patch('/api/me/notifications', NOTIFICATIONS),
  },
  keys: {
    list: get('/api/keys', [], 'list'),
    create: post('/api/keys', ['name', 'scopes', 'expires_at', 'allowed_networks', 'tokens_per_month']),
    rotate: post('/api/keys/{id}/rotate', ['overlap_seconds']),
    revoke: del('/api/keys/{id}'),
  },
  session: {
    create: post('/api/session', ['email', 'password'], 'session'),
    delete: del('/api/session', 'UNAUTHORIZED'),
  },
  health: {
    live: get('/health/live'),
    ready: get('/health/ready'),
  },
  openapi: { ...get('/api/openapi.json'), bare: true },
};
