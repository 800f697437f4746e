/* The client's methods, and their options. */
import * as api from './types';

/* ---- options ---- */

type CamelCase<Name> = Name extends `${infer Head}_${infer Tail}` ? `${Head}${Capitalize<CamelCase<Tail>>}` : Name;
type Camel<Options> = { [Name in keyof Options as CamelCase<Name>]: Options[Name] };

/** Options may be written as the API writes them, or in camel case. */
export type EitherCase<Options> = Options | Camel<Options>;

type Dated<Options, Names> = { [Name in keyof Options]: Name extends Names ? Options[Name] | Date : Options[Name] };

export type CallOptions = EitherCase<{
  /** Milliseconds for each attempt, its body included; of event streams the longest silence. */
  timeout?: number;
  max_retries?: number;
}> & { signal?: AbortSignal };

export type PostOptions = CallOptions & EitherCase<{
  /** Made by the package for each call, and kept over its retries, unless it is given. */
  idempotency_key?: string;
}>;

type WaitOptions = EitherCase<{
  /** Milliseconds to wait for the run to end. */
  wait_timeout?: number;
}>;

interface Input {
  input?: Record<string, any> | null;
  input_payload?: Record<string, any> | null;
  inputPayload?: Record<string, any> | null;
}

export type RunOptions = PostOptions & WaitOptions & Input & EitherCase<Dated<Omit<api.RunRequest, 'input_payload'>, 'run_at'>>;
export type ScheduleOptions = PostOptions & Input
  & EitherCase<Dated<Omit<api.ScheduleRequest, 'input_payload'>, 'starts_at' | 'ends_at'>>;

type Between = { created_after?: string | Date; created_before?: string | Date };
type Paging = { limit?: number; cursor?: string };

export type ExecutionFilter = EitherCase<Between & Paging & {
  status?: api.ExecutionStatus;
  agent_slug?: string;
  trigger_type?: api.TriggerType;
  schedule_id?: string;
}>;
export type DeliveryFilter = EitherCase<Between & Paging & { status?: api.WebhookDeliveryStatus; event?: api.WebhookEventType }>;
export type PreviewOptions = EitherCase<{ count?: number; from?: string | Date; cron_expr?: string; timezone?: string }>;

/* ---- what methods return ---- */

/** What came with an answer. */
export interface ResponseInfo {
  status: number;
  headers: { get(name: string): string | null };
  requestId: string | null;
  /** Figures are null where nothing is limited. */
  rateLimit: { limit: number | null; remaining: number | null; resetsAt: Date | null };
  /** Whether it is the answer to an earlier request with the same Idempotency-Key. */
  idempotentReplayed: boolean;
}

export interface ApiPromise<Data> extends Promise<Data> {
  withResponse(): Promise<{ data: Data; response: ResponseInfo }>;
}

/** Awaited it is an array; `for await` goes over its items. */
export interface ListPromise<Item> extends ApiPromise<Item[]>, AsyncIterable<Item> {}

export interface Page<Item> {
  data: Item[];
  next_cursor: string | null;
  has_more: boolean;
}

export type StepPage = Omit<Page<api.Step>, 'next_cursor'>;

/** Awaited it is the first page; `for await` goes over the items of all. */
export interface PagePromise<Item, OnePage = Page<Item>> extends ApiPromise<OnePage>, AsyncIterable<Item> {
  pages(): AsyncGenerator<OnePage, void, undefined>;
}

/* ---- the methods ---- */

export interface Agents {
  list(options?: CallOptions): ListPromise<api.Agent>;
  get(slug: string, options?: CallOptions): ApiPromise<api.AgentDetail>;
  /** With `async: true` the run as it was accepted; else its result, however long it takes (waitTimeout). */
  run(slug: string, options: RunOptions & { async: true }): ApiPromise<api.RunAccepted>;
  run<Output = any>(slug: string, options?: RunOptions & { async?: false | null }): ApiPromise<api.RunResult<Output>>;
  run<Output = any>(slug: string, options?: RunOptions): ApiPromise<api.RunResult<Output> | api.RunAccepted>;
}

export interface Executions {
  list(options?: ExecutionFilter & CallOptions): PagePromise<api.ExecutionSummary>;
  get<Output = any>(id: string, options?: CallOptions): ApiPromise<api.Execution<Output>>;
  /** The execution when it has succeeded; throws an ExecutionFailedError when it has failed. */
  wait<Output = any>(id: string, options?: CallOptions & WaitOptions): ApiPromise<api.Execution<Output>>;
  steps(id: string, options?: { after?: number; limit?: number } & CallOptions): PagePromise<api.Step, StepPage>;
  /** Steps as they happen, and the end. A lost connection is taken up again. */
  events(id: string, options?: { after?: number | string } & CallOptions): AsyncGenerator<api.ExecutionEvent, void, undefined>;
  cancel(id: string, options?: PostOptions): ApiPromise<api.Execution>;
}

export interface Schedules {
  list(options?: CallOptions): ListPromise<api.Schedule>;
  get(slug: string, options?: CallOptions): ApiPromise<api.Schedule>;
  /** Makes the agent's schedule, or puts another in its place. */
  set(slug: string, options: ScheduleOptions): ApiPromise<api.Schedule>;
  delete(slug: string, options?: CallOptions): ApiPromise<null>;
  run(slug: string, options?: PostOptions): ApiPromise<api.RunAccepted>;
  preview(slug: string, options?: PreviewOptions & CallOptions): ListPromise<string>;
  history(slug: string, options?: { outcome?: api.ScheduleOutcome } & Paging & CallOptions): PagePromise<api.ScheduleSlot>;
}

/** Plain objects in any case, the headers of node:http, or the Headers of fetch. */
export type WebhookHeaders = { [name: string]: string | readonly string[] | undefined } | { get(name: string): string | null };

export interface WebhookVerifier {
  /**
   * The event, when Agentiv has signed it; else throws a WebhookVerificationError.
   * rawBody is the body as it came, not parsed; tolerance is in seconds (300).
   */
  verify(rawBody: string | Uint8Array, headers: WebhookHeaders, secret: string | readonly string[],
    options?: { tolerance?: number }): api.WebhookPayload;
}

export interface Webhooks extends WebhookVerifier {
  list(options?: Paging & CallOptions): PagePromise<api.WebhookEndpoint>;
  create(options: api.WebhookEndpointRequest & PostOptions): ApiPromise<api.WebhookEndpointWithSecret>;
  get(id: string, options?: CallOptions): ApiPromise<api.WebhookEndpoint>;
  update(id: string, options: api.WebhookEndpointUpdate & CallOptions): ApiPromise<api.WebhookEndpoint>;
  delete(id: string, options?: CallOptions): ApiPromise<null>;
  rotateSecret(id: string, options?: PostOptions): ApiPromise<api.WebhookEndpointWithSecret>;
  test(id: string, options?: PostOptions): ApiPromise<api.WebhookDelivery>;
  deliveries(id: string, options?: DeliveryFilter & CallOptions): PagePromise<api.WebhookDelivery>;
  replay(id: string, options: { since: string | Date } & PostOptions): ApiPromise<api.ReplayResult>;
}

export interface WebhookDeliveries {
  get(id: string, options?: CallOptions): ApiPromise<api.WebhookDeliveryDetail>;
  replay(id: string, options?: PostOptions): ApiPromise<api.WebhookDelivery>;
}

export interface WebhookEvents {
  list(options?: CallOptions): ListPromise<api.WebhookEvent>;
  replay(id: string, options?: PostOptions): ApiPromise<api.ReplayResult>;
}

export interface Connections {
  list(options?: CallOptions): ListPromise<api.Connection>;
}

export interface UsageResource {
  get(options?: CallOptions): ApiPromise<api.Usage>;
}

export interface MeResource {
  get(options?: CallOptions): ApiPromise<api.Me>;
  /** Of a session. The token is that of the session that goes on. */
  setPassword(options: EitherCase<api.PasswordChange> & PostOptions): ApiPromise<api.SessionToken>;
}

export interface NotificationsResource {
  get(options?: CallOptions): ApiPromise<api.Notifications>;
  update(options: EitherCase<api.NotificationsUpdate> & CallOptions): ApiPromise<api.Notifications>;
}

/** For sessions only. */
export interface Keys {
  list(options?: CallOptions): ListPromise<api.ApiKey>;
  create(options: EitherCase<Dated<api.ApiKeyRequest, 'expires_at'>> & PostOptions): ApiPromise<api.ApiKeyWithSecret>;
  rotate(id: string, options?: EitherCase<api.KeyRotation> & PostOptions): ApiPromise<api.ApiKeyWithSecret>;
  revoke(id: string, options?: CallOptions): ApiPromise<null>;
}

export interface Session {
  /** Logs in. A client with the option sessionToken has the session; this one stays as it is. */
  create(options: api.Login & PostOptions): ApiPromise<api.Me & api.SessionToken>;
  delete(options?: CallOptions): ApiPromise<null>;
}

export interface Health {
  live(options?: CallOptions): ApiPromise<{ status: 'live' }>;
  ready(options?: CallOptions): ApiPromise<{ status: 'ready' }>;
}
