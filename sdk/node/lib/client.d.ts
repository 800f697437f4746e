import * as resources from './resources';

export type ClientOptions = resources.EitherCase<{
  /** Else AGENTIV_API_KEY in the environment. null: none at all, for what is open to all. */
  api_key?: string | null;
  /** A session of the dashboard instead of a key. */
  session_token?: string;
  /** Milliseconds for each attempt (90,000). */
  timeout?: number;
  /** How often what may pass by itself is tried again (2). */
  max_retries?: number;
  /** Milliseconds that a run is waited for (600,000). */
  wait_timeout?: number;
  /** Else AGENTIV_BASE_URL in the environment, else https://api.agentiv.cloud. */
  base_url?: string;
}> & {
  baseURL?: string;
  /** Instead of the global one: for proxies, or connections of one's own. */
  fetch?: (url: string, init: any) => Promise<any>;
};

export declare class Client {
  constructor(options?: ClientOptions);

  static readonly VERSION: string;
  static readonly webhooks: resources.WebhookVerifier;

  readonly baseURL: string;
  readonly agents: resources.Agents;
  readonly executions: resources.Executions;
  readonly schedules: resources.Schedules;
  readonly webhooks: resources.Webhooks;
  readonly webhookDeliveries: resources.WebhookDeliveries;
  readonly webhookEvents: resources.WebhookEvents;
  readonly connections: resources.Connections;
  readonly usage: resources.UsageResource;
  readonly me: resources.MeResource;
  readonly notifications: resources.NotificationsResource;
  readonly keys: resources.Keys;
  readonly session: resources.Session;
  readonly health: resources.Health;
  /** The API's description, OpenAPI 3.1. */
  openapi(options?: resources.CallOptions): resources.ApiPromise<Record<string, any>>;
}
