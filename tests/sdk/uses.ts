/* How the Node SDK is used in TypeScript. Each @ts-expect-error is a mistake that the types must find. */
import Agentiv, { Agentiv as Named, NotFoundError, type RunResult } from 'agentiv-sdk';

interface Triage { inbox_stats: { total: number } }
interface TriageInput { max_emails: number }

export async function right() {
  const client: Named = new Agentiv({ apiKey: process.env.AGENTIV_API_KEY, baseURL: 'https://example.com', maxRetries: 3 });

  const result: RunResult = await client.agents.run('email-triage', { input: { max_emails: 20 }, async: false });
  const summary: string | null = result.summary;
  const input: TriageInput = { max_emails: 20 };
  const typed = await client.agents.run<Triage>('email-triage', { input });
  const total: number = typed.output.inbox_stats.total;
  const accepted = await client.agents.run('email-triage', { async: true, runAt: new Date(), max_tokens: 5 });
  const status: 'queued' | 'running' | 'success' | 'failed' = accepted.status;

  for await (const execution of client.executions.list({ status: 'failed', agentSlug: 'probe', created_after: new Date() })) {
    const id: string = execution.id;
    for await (const event of client.executions.events(id, { signal: AbortSignal.timeout(1000) })) {
      if (event.event === 'end') event.data.summary satisfies string | null;
      else event.data.step satisfies number;
    }
    for await (const step of client.executions.steps(id)) step.kind satisfies 'integration' | 'model' | 'log';
  }
  const page = await client.webhooks.list({ limit: 5 });
  const next: string | null = page.next_cursor;
  const slugs: string[] = (await client.agents.list()).map((agent) => agent.slug);
  const { data, response } = await client.usage.get({ timeout: 5 }).withResponse();
  const left: number | null = response.rateLimit.remaining;
  const plan: string = data.plan;

  await client.schedules.set('probe', { cronExpr: '@daily', timezone: 'UTC', endsAt: null, starts_at: new Date() });
  await client.schedules.set('probe', { cron_expr: '@daily', timezone: 'UTC', input: {} });
  const key: string = (await client.keys.create({ name: 'CI', scopes: ['agents:run'], expiresAt: new Date() })).key;
  const token: string = (await client.session.create({ email: 'a@example.com', password: 'b' })).session_token;

  const event = Agentiv.webhooks.verify(new Uint8Array(), new Headers(), ['a', 'b'], { tolerance: 60 });
  if (event.event === 'agent.execution.failed') event.error.message satisfies string;
  return [summary, total, status, next, slugs, left, plan, key, token];
}

export function caught(error: unknown) {
  if (error instanceof NotFoundError) return error.requestId satisfies string | null;
  if (error instanceof Agentiv.RateLimitedError) return error.retryAfter satisfies number | null;
  return null;
}

export async function wrong(client: Agentiv) {
  // @ts-expect-error: an option that nobody knows
  new Agentiv({ apikey: 'x' });
  // @ts-expect-error: a member that nobody knows
  await client.agents.run('probe', { webhookURL: 'https://example.com' });
  // @ts-expect-error: a number is no time
  await client.agents.run('probe', { async: true, runAt: 5 });
  // @ts-expect-error: a schedule needs a zone
  await client.schedules.set('probe', { cronExpr: '@daily' });
  // @ts-expect-error: no such status
  client.executions.list({ status: 'done' });
  // @ts-expect-error: no such scope
  await client.keys.create({ name: 'CI', scopes: ['agents:fly'] });
  // @ts-expect-error: what is accepted has no output yet
  (await client.agents.run('probe', { async: true })).output;
  // @ts-expect-error: a body that was parsed
  client.webhooks.verify({ event: 'webhook.test' }, {}, 'secret');
}
