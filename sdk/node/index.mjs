/* The one implementation, for `import`: classes are the same ones, however they are loaded. */
import Agentiv from './index.js';

export default Agentiv;
export { Agentiv };
export const { VERSION, webhooks } = Agentiv;
export const {
  AgentivError, UnauthorizedError, ForbiddenError, NotFoundError, MethodNotAllowedError, ConflictError,
  PayloadTooLargeError, RateLimitedError, InvalidInputError, IntegrationNotConnectedError, ExecutionFailedError,
  InternalError, UnavailableError, ConnectionError, TimeoutError, AbortError, ResponseError, WebhookVerificationError,
} = Agentiv;
