'use strict';
/* From what a server has sent to what the API says: the data of a success, or the error. */
const clock = require('./clock');
const errors = require('./errors');

const BY_CODE = {
  UNAUTHORIZED: errors.UnauthorizedError,
  FORBIDDEN: errors.ForbiddenError,
  NOT_FOUND: errors.NotFoundError,
  METHOD_NOT_ALLOWED: errors.MethodNotAllowedError,
  CONFLICT: errors.ConflictError,
  PAYLOAD_TOO_LARGE: errors.PayloadTooLargeError,
  RATE_LIMITED: errors.RateLimitedError,
  INVALID_INPUT: errors.InvalidInputError,
  INTEGRATION_NOT_CONNECTED: errors.IntegrationNotConnectedError,
  EXECUTION_FAILED: errors.ExecutionFailedError,
  INTERNAL: errors.InternalError,
  UNAVAILABLE: errors.UnavailableError,
};

/* What proxies say with pages of their own means the same. */
const CODE_OF_PROXY = { 413: 'PAYLOAD_TOO_LARGE', 429: 'RATE_LIMITED', 502: 'UNAVAILABLE', 503: 'UNAVAILABLE',
  504: 'UNAVAILABLE' };

/* ---- what stands beside the data ---- */

function count(text) {
  return text !== null && /^\d+$/.test(text) ? Number(text) : null;
}

/** Seconds, from a number of them or an HTTP date; null where there is none. */
function retryAfter(headers) {
  const text = headers.get('retry-after');
  const seconds = count(text);
  const at = /[a-z]{3}/i.test(text) ? Date.parse(text) : NaN;      // Date.parse takes 1.5 for a day in January
  if (seconds !== null) return seconds;
  return Number.isNaN(at) ? null : Math.max(0, Math.ceil((at - clock.now()) / 1000));
}

function rateLimit(headers) {
  const reset = count(headers.get('x-ratelimit-reset'));
  return {
    limit: count(headers.get('x-ratelimit-limit')),
    remaining: count(headers.get('x-ratelimit-remaining')),
    resetsAt: reset === null ? null : new Date(reset * 1000),
  };
}

/** What withResponse() gives beside the data. */
function describe({ status, headers }) {
  return {
    status,
    headers,
    requestId: headers.get('x-request-id'),
    rateLimit: rateLimit(headers),
    idempotentReplayed: headers.get('idempotent-replayed') === 'true',
  };
}

/* ---- errors ---- */

function errorOf(answer, error) {
  const { status, headers } = answer;
  const aClass = BY_CODE[error.code] ?? errors.AgentivError;
  return new aClass(error.message, {
    status,
    code: error.code,
    requestId: headers.get('x-request-id'),
    field: error.field,
    integrationSlug: error.integrationSlug,
    retryAfter: retryAfter(headers) ?? error.retry_after,
    limit: error.limit,
    max: error.max,
    resetsAt: error.resets_at,
    executionId: error.execution_id,
    raw: error,
  });
}

/** What an error of the server can be mended by is another try; of a client's it is not. */
function malformed(answer, what, again = answer.status < 300 || answer.status >= 500) {
  const error = new errors.ResponseError(`The server answered ${answer.status} with ${what}`,
    { status: answer.status, requestId: answer.headers.get('x-request-id') });
  Object.defineProperty(error, 'transient', { value: again });
  return error;
}

function redirected(answer) {
  const location = answer.headers.get('location');
  const target = location === null ? '' : ` to ${location}`;
  return malformed(answer, `a redirect${target}, which is not followed: baseURL must name the server itself`);
}

function isObject(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function refusal(answer, body) {
  const error = isObject(body) && body.success === false ? body.error : null;
  if (isObject(error) && typeof error.code === 'string' && typeof error.message === 'string') {
    return errorOf(answer, error);
  }
  const code = CODE_OF_PROXY[answer.status];
  if (code) return errorOf(answer, { code, message: `The server answered ${answer.status}` });
  return malformed(answer, 'a body that is not of the API: is baseURL right?');
}

/* ---- the two kinds of answers ---- */

/** Throws when the answer is a redirect or says that something is wrong. answer.text is its body. */
function check(answer) {
  if (answer.status >= 200 && answer.status < 300) return;
  if (answer.status < 400) throw redirected(answer);
  throw refusal(answer, parse(answer.text));
}

/** The body of a success: {success, data, …}; a bare object where the route has no envelope. */
function read(answer, bare) {
  check(answer);
  const body = parse(answer.text);
  if (body === undefined) throw malformed(answer, 'a body that is no whole JSON: is baseURL right?');
  if (!isObject(body) || !(bare || (body.success === true && 'data' in body))) {
    throw malformed(answer, 'JSON that is not of the API: is baseURL right?');
  }
  return body;
}

module.exports = { read, check, describe, malformed, BY_CODE };
