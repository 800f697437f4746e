/* What the API sends and takes, in its own names. Times are UTC, RFC 3339; what is not known is null. */

export type ErrorCode = 'UNAUTHORIZED' | 'FORBIDDEN' | 'NOT_FOUND' | 'METHOD_NOT_ALLOWED' | 'CONFLICT' | 'PAYLOAD_TOO_LARGE'
  | 'RATE_LIMITED' | 'INVALID_INPUT' | 'INTEGRATION_NOT_CONNECTED' | 'EXECUTION_FAILED' | 'INTERNAL' | 'UNAVAILABLE';
export type Limit = 'requests_per_minute' | 'runs_per_day' | 'runs_per_month' | 'concurrent' | 'tokens_per_month' | 'failed_logins';
export type Scope = 'agents:read' | 'agents:run' | 'schedules:write' | 'connections:read' | 'webhooks:write';
export type ExecutionStatus = 'queued' | 'running' | 'success' | 'failed';
export type TriggerType = 'api' | 'schedule' | 'manual' | 'mcp';
export type WebhookEventType = 'agent.execution.success' | 'agent.execution.failed' | 'schedule.fired' | 'integration.disconnected'
  | 'webhook.test';

/** The member `error` of an answer. The package's own errors are classes: AgentivError. */
export interface Error {
  code: ErrorCode;
  message: string;
  field?: string;
  integrationSlug?: string;
  retry_after?: number;
  limit?: Limit;
  max?: number;
  resets_at?: string | null;
  execution_id?: string;
}

/* ---- agents and runs ---- */

export interface Agent {
  slug: string;
  name: string;
  description: string;
  required_integrations: string[];
  subscription_status: 'none' | 'active' | 'trialing' | 'past_due' | 'canceled';
  trial_ends_at: string | null;
}

export interface AgentDetail extends Agent {
  optional_integrations: string[];
  estimated_duration_ms: number;
  timeout_ms: number;
  /** JSON Schema of an input. */
  input_schema: Record<string, any>;
  output_schema: Record<string, any> | null;
}

export interface RunRequest {
  input_payload: Record<string, any>;
  async?: boolean | null;
  webhook_url?: string | null;
  delay_seconds?: number | null;
  run_at?: string | null;
  max_tokens?: number | null;
}

/** A run that goes on. */
export interface RunAccepted {
  execution_id: string;
  agent_slug: string;
  status: ExecutionStatus;
  estimated_duration_ms: number;
  created_at: string;
}

/** A run that has succeeded. */
export interface RunResult<Output = any> {
  execution_id: string;
  status: 'success';
  summary: string | null;
  output: Output;
  tokens_used: number;
  duration_ms: number;
}

/** Why a run has failed. */
export type RunErrorCode = ErrorCode | 'CANCELLED' | 'TIMEOUT' | 'WORKER_LOST' | 'OUTPUT_TOO_LARGE';

export interface RunError {
  code: RunErrorCode;
  message: string;
}

export interface ExecutionSummary {
  id: string;
  agent_slug: string;
  status: ExecutionStatus;
  trigger_type: TriggerType;
  summary: string | null;
  tokens_used: number | null;
  duration_ms: number | null;
  queued_at: string;
  completed_at: string | null;
  started_at: string | null;
  attempt: number;
  schedule_id: string | null;
  run_at: string | null;
  max_tokens: number | null;
  error: RunError | null;
}

export interface Execution<Output = any> extends ExecutionSummary {
  output: Output;
}

export interface Step {
  step: number;
  at: string;
  kind: 'integration' | 'model' | 'log';
  name: string;
  detail: any;
  tokens: number | null;
  duration_ms: number | null;
}

/** What executions.events yields: each step, and the end. id is what a stream can be taken up behind. */
export type ExecutionEvent = { event: 'step'; id: string; data: Step } | { event: 'end'; id: string; data: ExecutionSummary };

/* ---- schedules ---- */

export type ScheduleCatchUp = 'latest' | 'none';
export type ScheduleOverlap = 'queue' | 'skip' | 'cancel_previous';
export type ScheduleOutcome = 'fired' | 'caught_up' | 'skipped' | 'manual';

export interface ScheduleBlock {
  code: ErrorCode;
  message: string;
  integrationSlug?: string;
}

export interface Schedule {
  id: string;
  agent_slug: string;
  enabled: boolean;
  cron_expr: string;
  timezone: string;
  next_run_at: string | null;
  last_run_at: string | null;
  last_status: ExecutionStatus | null;
  total_runs: number;
  input_payload: Record<string, any>;
  catch_up: ScheduleCatchUp;
  overlap: ScheduleOverlap;
  starts_at: string | null;
  ends_at: string | null;
  pause_after_failures: number | null;
  consecutive_failures: number;
  paused_at: string | null;
  created_at: string;
  updated_at: string;
  blocked_by: ScheduleBlock | null;
}

export interface ScheduleRequest {
  cron_expr: string;
  timezone: string;
  enabled?: boolean | null;
  input_payload?: Record<string, any> | null;
  catch_up?: ScheduleCatchUp | null;
  overlap?: ScheduleOverlap | null;
  starts_at?: string | null;
  ends_at?: string | null;
  pause_after_failures?: number | null;
}

export interface ScheduleSlot {
  scheduled_for: string;
  outcome: ScheduleOutcome;
  reason: 'missed' | 'merged' | 'edited' | 'overlap' | 'backlog' | 'subscription' | 'integration' | 'agent' | 'runs_per_day'
    | 'runs_per_month' | 'tokens_per_month' | null;
  moved_by_clock_change: boolean;
  slots: number;
  execution_id: string | null;
  recorded_at: string;
}

/* ---- webhooks ---- */

export interface WebhookEndpoint {
  id: string;
  url: string;
  description: string;
  events: WebhookEventType[];
  enabled: boolean;
  disabled_reason: 'manual' | 'gone' | 'failing' | null;
  disabled_at: string | null;
  failing_since: string | null;
  previous_secret_expires_at: string | null;
  created_at: string;
  updated_at: string;
}

export interface WebhookEndpointWithSecret extends WebhookEndpoint {
  /** Shown this once. */
  secret: string;
}

export interface WebhookEndpointRequest {
  url: string;
  events?: WebhookEventType[] | null;
  description?: string | null;
  enabled?: boolean | null;
}

/** What is null stays as it is. */
export type WebhookEndpointUpdate = { [Member in keyof WebhookEndpointRequest]?: WebhookEndpointRequest[Member] | null };

export type WebhookDeliveryStatus = 'pending' | 'delivered' | 'failed';

export interface WebhookDelivery {
  id: string;
  event_id: string;
  event: WebhookEventType;
  webhook_id: string | null;
  execution_id: string | null;
  replay_of: string | null;
  url: string | null;
  status: WebhookDeliveryStatus;
  attempts: number;
  response_status: number | null;
  error: string | null;
  duration_ms: number | null;
  created_at: string;
  last_attempt_at: string | null;
  next_attempt_at: string | null;
  replayed_at: string | null;
}

export interface WebhookAttempt {
  attempt: number;
  at: string;
  duration_ms: number;
  url: string | null;
  response_status: number | null;
  error: string | null;
  response_body: string | null;
}

export interface WebhookDeliveryDetail extends WebhookDelivery {
  request_body: string | null;
  request_size: number | null;
  log: WebhookAttempt[];
}

/** A line of the catalogue of events. */
export interface WebhookEvent {
  event: WebhookEventType;
  description: string;
  selectable: boolean;
  example: Record<string, any>;
}

export interface ReplayResult {
  replayed: number;
  has_more: boolean;
}

/* ---- what a receiver of webhooks gets ---- */

export interface ExecutionSuccessEvent<Output = any> {
  event: 'agent.execution.success';
  execution_id: string;
  agent_slug: string;
  user_id: string;
  status: 'success';
  summary: string | null;
  output: Output;
  tokens_used: number | null;
  duration_ms: number | null;
  timestamp: string;
}

export interface ExecutionFailedEvent {
  event: 'agent.execution.failed';
  execution_id: string;
  agent_slug: string;
  user_id: string;
  status: 'failed';
  summary: string | null;
  output: null;
  error: RunError;
  tokens_used: number | null;
  duration_ms: number | null;
  timestamp: string;
}

export interface ScheduleFiredEvent {
  event: 'schedule.fired';
  schedule_id: string;
  execution_id: string | null;
  agent_slug: string;
  user_id: string;
  scheduled_for: string;
  timestamp: string;
}

export interface IntegrationDisconnectedEvent {
  event: 'integration.disconnected';
  integration: string;
  user_id: string;
  reason: string;
  timestamp: string;
}

export interface WebhookTestEvent {
  event: 'webhook.test';
  webhook_id: string;
  user_id: string;
  message: string;
  timestamp: string;
}

export type WebhookPayload = ExecutionSuccessEvent | ExecutionFailedEvent | ScheduleFiredEvent | IntegrationDisconnectedEvent
  | WebhookTestEvent;

/* ---- the account ---- */

export interface Connection {
  integration: string;
  name: string;
  status: 'connected' | 'disconnected' | 'not_connected';
  id: string | null;
  kind: string | null;
  connected_at: string | null;
  used_by: string[];
  required_by: string[];
}

/** What has no limit is null. */
export interface UsageFigures {
  limit: number | null;
  used: number | null;
  remaining: number | null;
}

export interface PeriodUsage extends UsageFigures {
  resets_at: string;
}

export interface MonthUsage extends PeriodUsage {
  overage_allowed: boolean;
  overage: number;
}

export interface ConcurrentUsage extends UsageFigures {
  held: number;
}

export interface TokenUsage {
  used: number;
  resets_at: string;
}

export interface UsageMonth {
  month: string;
  runs: number;
  overage: number;
  tokens_used: number;
}

export interface TokenBudget extends PeriodUsage {
  kind: 'account' | 'key' | 'agent';
  subject: string | null;
}

export interface Usage {
  plan: string;
  requests_per_minute: PeriodUsage;
  runs_per_day: PeriodUsage;
  runs_per_month: MonthUsage;
  concurrent: ConcurrentUsage;
  tokens_per_month: TokenUsage;
  months: UsageMonth[];
  budgets: TokenBudget[];
}

export interface Features {
  api: boolean;
  webhooks: boolean;
  mcp: boolean;
  white_label: boolean;
}

export interface Credentials {
  kind: 'api_key' | 'session';
  id: string;
  scopes: Scope[];
  expires_at: string | null;
}

export interface Me {
  id: string;
  email: string;
  name: string;
  plan: string;
  timezone: string;
  created_at: string;
  features: Features;
  auth: Credentials;
}

export interface Login {
  email: string;
  password: string;
}

export interface PasswordChange {
  current_password: string;
  new_password: string;
}

/** The option sessionToken of a client that is to go on with the session. */
export interface SessionToken {
  session_token: string;
}

export interface Notifications {
  run_success: boolean;
  run_failed: boolean;
  endpoint_disabled: boolean;
  integration_disconnected: boolean;
  trial_ending: boolean;
  quota_80: boolean;
  quota_100: boolean;
  schedule_paused: boolean;
}

/** null is as the plan has it. */
export type NotificationsUpdate = { [Kind in keyof Notifications]?: boolean | null };

export interface ApiKey {
  id: string;
  name: string;
  shown: string;
  scopes: Scope[];
  created_at: string;
  expires_at: string | null;
  revoked_at: string | null;
  last_used_at: string | null;
  allowed_networks: string[];
  tokens_per_month: number | null;
  replaced_by: string | null;
}

export interface ApiKeyWithSecret extends ApiKey {
  /** Shown this once. */
  key: string;
}

export interface ApiKeyRequest {
  name: string;
  scopes: Scope[];
  expires_at?: string | null;
  allowed_networks?: string[] | null;
  tokens_per_month?: number | null;
}

export interface KeyRotation {
  overlap_seconds?: number | null;
}
