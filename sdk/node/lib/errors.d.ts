/* One class for each code of the API, and one for each way in which no answer of the API came. */
import { Error as ApiError, Execution } from './types';

/** What is not known is null. */
export class AgentivError extends Error {
  /** The API's; null when the API did not answer. */
  readonly code: string | null;
  readonly status: number | null;
  readonly requestId: string | null;
  readonly field: string | null;
  readonly integrationSlug: string | null;
  /** Seconds. */
  readonly retryAfter: number | null;
  readonly limit: string | null;
  readonly max: number | null;
  readonly resetsAt: string | null;
  readonly executionId: string | null;
  /** The code inside an execution that failed: CANCELLED, TIMEOUT, … */
  readonly reason: string | null;
  readonly execution: Execution | null;
  /** The error as the API sent it. */
  readonly raw: ApiError | Record<string, any> | null;
}

export class UnauthorizedError extends AgentivError {}
export class ForbiddenError extends AgentivError {}
export class NotFoundError extends AgentivError {}
export class MethodNotAllowedError extends AgentivError {}
export class ConflictError extends AgentivError {}
export class PayloadTooLargeError extends AgentivError {}
export class RateLimitedError extends AgentivError {}
export class InvalidInputError extends AgentivError {}
export class IntegrationNotConnectedError extends AgentivError {}
export class ExecutionFailedError extends AgentivError {}
export class InternalError extends AgentivError {}
export class UnavailableError extends AgentivError {}

/** The server could not be reached, or the connection broke. */
export class ConnectionError extends AgentivError {}
/** The server did not answer, or the run did not end, in time. */
export class TimeoutError extends AgentivError {}
/** The caller's signal was aborted; its reason is the cause. */
export class AbortError extends AgentivError {}
/** What was answered is not of the API. */
export class ResponseError extends AgentivError {}

export class WebhookVerificationError extends AgentivError {}
