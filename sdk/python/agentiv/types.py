"""The API's objects: the members of docs/api.md, under the names of its OpenAPI schemas."""
from __future__ import annotations

from typing import Any, Dict, FrozenSet, List, Literal, NamedTuple, Optional, Union

from ._objects import Object

ExecutionStatus = Literal["queued", "running", "success", "failed"]
TriggerType = Literal["api", "schedule", "manual", "mcp"]
Overlap = Literal["queue", "skip", "cancel_previous"]
CatchUp = Literal["latest", "none"]
SlotOutcome = Literal["fired", "caught_up", "skipped", "manual"]
DeliveryStatus = Literal["pending", "delivered", "failed"]


# ---- agents and runs ----

class Agent(Object):
    slug: str
    name: str
    description: str
    required_integrations: List[str]
    subscription_status: str
    trial_ends_at: Optional[str]


class AgentDetail(Agent):
    optional_integrations: List[str]
    estimated_duration_ms: int
    timeout_ms: int
    input_schema: Optional[Dict[str, Any]]
    output_schema: Optional[Dict[str, Any]]


class RunAccepted(Object):
    """A run that was accepted and goes on."""
    execution_id: str
    agent_slug: str
    status: ExecutionStatus
    estimated_duration_ms: int
    created_at: str


class RunResult(Object):
    """A run that has succeeded."""
    execution_id: str
    status: ExecutionStatus
    summary: Optional[str]
    output: Any
    tokens_used: int
    duration_ms: int


class ExecutionError(Object):
    """What ended a run. code: of the API, of the agent, or CANCELLED, TIMEOUT, WORKER_LOST, OUTPUT_TOO_LARGE."""
    code: str
    message: str


class ExecutionSummary(Object):
    """An execution without its output: in lists, and at the end of its events."""
    id: str
    agent_slug: str
    status: ExecutionStatus
    trigger_type: TriggerType
    summary: Optional[str]
    tokens_used: Optional[int]
    duration_ms: Optional[int]
    queued_at: str
    completed_at: Optional[str]
    started_at: Optional[str]
    attempt: int
    schedule_id: Optional[str]
    run_at: Optional[str]
    max_tokens: Optional[int]
    error: Optional[ExecutionError]


class Execution(ExecutionSummary):
    output: Any


class Step(Object):
    """What a run did: a call of an integration, or of a model with its tokens."""
    step: int
    at: str
    kind: str
    name: str
    detail: Any
    tokens: Optional[int]
    duration_ms: Optional[int]


class StepEvent(NamedTuple):
    """One of a run's events. id is the step's number, as text."""
    event: Literal["step"]
    id: str
    data: Step


class EndEvent(NamedTuple):
    """The last of a run's events."""
    event: Literal["end"]
    id: str
    data: ExecutionSummary


RunEvent = Union[StepEvent, EndEvent]


# ---- schedules ----

class ScheduleBlock(Object):
    """What would keep a schedule's run from starting as things stand."""
    code: str
    message: str


class Schedule(Object):
    id: str
    agent_slug: str
    enabled: bool
    cron_expr: str
    timezone: str
    next_run_at: Optional[str]
    last_run_at: Optional[str]
    last_status: Optional[ExecutionStatus]
    total_runs: int
    input_payload: Dict[str, Any]
    catch_up: CatchUp
    overlap: Overlap
    starts_at: Optional[str]
    ends_at: Optional[str]
    pause_after_failures: Optional[int]
    consecutive_failures: int
    paused_at: Optional[str]
    created_at: str
    updated_at: str
    blocked_by: Optional[ScheduleBlock]


class ScheduleSlot(Object):
    """What became of one time of a schedule."""
    scheduled_for: str
    outcome: SlotOutcome
    reason: Optional[str]
    moved_by_clock_change: bool
    slots: int
    execution_id: Optional[str]
    recorded_at: str


# ---- webhooks ----

class WebhookEndpoint(Object):
    id: str
    url: str
    description: str
    events: List[str]
    enabled: bool
    disabled_reason: Optional[str]
    disabled_at: Optional[str]
    failing_since: Optional[str]
    previous_secret_expires_at: Optional[str]
    created_at: str
    updated_at: str


class WebhookEndpointWithSecret(WebhookEndpoint):
    SECRET: FrozenSet[str] = frozenset({"secret"})
    secret: str


class WebhookDelivery(Object):
    id: str
    event_id: str
    event: str
    webhook_id: Optional[str]
    execution_id: Optional[str]
    replay_of: Optional[str]
    url: str
    status: DeliveryStatus
    attempts: int
    response_status: Optional[int]
    error: Optional[str]
    duration_ms: Optional[int]
    created_at: str
    last_attempt_at: Optional[str]
    next_attempt_at: Optional[str]
    replayed_at: Optional[str]


class WebhookAttempt(Object):
    attempt: int
    at: str
    duration_ms: int
    url: str
    response_status: Optional[int]
    error: Optional[str]
    response_body: Optional[str]


class WebhookDeliveryDetail(WebhookDelivery):
    request_body: Optional[str]
    request_size: Optional[int]
    log: List[WebhookAttempt]


class WebhookEventType(Object):
    """An entry of the catalogue. selectable is false of tests, which no endpoint can be registered for."""
    event: str
    description: str
    selectable: bool
    example: Dict[str, Any]


class ReplayResult(Object):
    replayed: int
    has_more: bool


class WebhookEvent(Object):
    """The body of a webhook. Which members it has beside these, its event tells: docs/api.md."""
    event: str
    user_id: str
    timestamp: str


# ---- the account ----

class Connection(Object):
    integration: str
    name: str
    status: Literal["connected", "disconnected", "not_connected"]
    id: Optional[str]
    kind: Optional[str]
    connected_at: Optional[str]
    used_by: List[str]
    required_by: List[str]


class UsageWindow(Object):
    """limit and remaining are None where there is no limit, used where nothing is counted for it."""
    limit: Optional[int]
    used: Optional[int]
    remaining: Optional[int]
    resets_at: str


class UsageMonthWindow(UsageWindow):
    overage_allowed: bool
    overage: int


class UsageConcurrent(Object):
    limit: Optional[int]
    used: int
    remaining: Optional[int]
    held: int


class UsageTokens(Object):
    used: int
    resets_at: str


class UsageMonth(Object):
    month: str
    runs: int
    overage: int
    tokens_used: int


class UsageBudget(Object):
    kind: str
    subject: Optional[str]
    limit: int
    used: int
    remaining: int
    resets_at: str


class Usage(Object):
    plan: str
    requests_per_minute: UsageWindow
    runs_per_day: UsageWindow
    runs_per_month: UsageMonthWindow
    concurrent: UsageConcurrent
    tokens_per_month: UsageTokens
    months: List[UsageMonth]
    budgets: List[UsageBudget]


class Features(Object):
    api: bool
    webhooks: bool
    mcp: bool
    white_label: bool


class Auth(Object):
    """What the request was asked with."""
    kind: Literal["api_key", "session"]
    id: str
    scopes: List[str]
    expires_at: Optional[str]


class Me(Object):
    id: str
    email: str
    name: str
    plan: str
    timezone: str
    created_at: str
    features: Features
    auth: Auth


class SessionToken(Object):
    SECRET: FrozenSet[str] = frozenset({"session_token"})
    session_token: str


class Session(Me):
    """The account that has logged in, with the token that a client takes as session_token=."""
    SECRET: FrozenSet[str] = frozenset({"session_token"})
    session_token: str


class Notifications(Object):
    """Of each kind of mail, whether it is sent."""
    run_success: bool
    run_failed: bool
    endpoint_disabled: bool
    integration_disconnected: bool
    trial_ending: bool
    quota_80: bool
    quota_100: bool
    schedule_paused: bool


class ApiKey(Object):
    id: str
    name: str
    shown: str
    scopes: List[str]
    created_at: str
    expires_at: Optional[str]
    revoked_at: Optional[str]
    last_used_at: Optional[str]
    allowed_networks: List[str]
    tokens_per_month: Optional[int]
    replaced_by: Optional[str]


class ApiKeyWithSecret(ApiKey):
    SECRET: FrozenSet[str] = frozenset({"key"})
    key: str


class Health(Object):
    status: str
