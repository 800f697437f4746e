/* The Node SDK as TypeScript's own form of `require` gives it. */
import Agentiv = require('agentiv-sdk');
import type { IncomingMessage } from 'http';

const client = new Agentiv({ apiKey: 'x' });

export function verified(request: IncomingMessage, body: Buffer): Agentiv.WebhookPayload {
  return client.webhooks.verify(body, request.headers, 'secret');
}

export async function run(): Promise<Agentiv.RunResult | null> {
  try {
    return await client.agents.run('probe');
  } catch (error) {
    if (error instanceof Agentiv.ExecutionFailedError) return null;
    throw error;
  }
}
