'use strict';
/* One class for each code of the API, and one for each way in which no answer of the API came. */

/** What every error may tell; null where it is not known. */
const MEMBERS = ['code', 'status', 'requestId', 'field', 'integrationSlug', 'retryAfter', 'limit', 'max', 'resetsAt',
  'executionId', 'reason', 'execution', 'raw'];

class AgentivError extends Error {
  constructor(message, details = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    for (const member of MEMBERS) {
      if (details[member] !== undefined && details[member] !== null) this[member] = details[member];
    }
  }
}
for (const member of MEMBERS) AgentivError.prototype[member] = null;

/* The API's codes. */
class UnauthorizedError extends AgentivError {}
class ForbiddenError extends AgentivError {}
class NotFoundError extends AgentivError {}
class MethodNotAllowedError extends AgentivError {}
class ConflictError extends AgentivError {}
class PayloadTooLargeError extends AgentivError {}
class RateLimitedError extends AgentivError {}
class InvalidInputError extends AgentivError {}
class IntegrationNotConnectedError extends AgentivError {}
class ExecutionFailedError extends AgentivError {}
class InternalError extends AgentivError {}
class UnavailableError extends AgentivError {}

/* No answer, or none of the API: their code is null. */
class ConnectionError extends AgentivError {}
class TimeoutError extends AgentivError {}
class AbortError extends AgentivError {}
class ResponseError extends AgentivError {}

class WebhookVerificationError extends AgentivError {}

const CLASSES = {
  AgentivError, UnauthorizedError, ForbiddenError, NotFoundError, MethodNotAllowedError, ConflictError,
  PayloadTooLargeError, RateLimitedError, InvalidInputError, IntegrationNotConnectedError, ExecutionFailedError,
  InternalError, UnavailableError, ConnectionError, TimeoutError, AbortError, ResponseError, WebhookVerificationError,
};
for (const [name, aClass] of Object.entries(CLASSES)) {
  Object.defineProperty(aClass.prototype, 'name', { value: name, writable: true, configurable: true });
}

module.exports = CLASSES;
