/* For `import`. */
import Agentiv from './index.js';

export default Agentiv;
export { Agentiv };
export declare const VERSION: typeof Agentiv.VERSION;
export declare const webhooks: typeof Agentiv.webhooks;
export type { ClientOptions } from './lib/client.js';
export * from './lib/errors.js';
export * from './lib/types.js';
export type {
  CallOptions,
  PostOptions,
  RunOptions,
  ScheduleOptions,
  ExecutionFilter,
  DeliveryFilter,
  PreviewOptions,
  ResponseInfo,
  ApiPromise,
  ListPromise,
  Page,
  StepPage,
  PagePromise,
  WebhookHeaders,
} from './lib/resources.js';
