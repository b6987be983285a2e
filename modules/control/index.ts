/** The control socket, and a client for it. */

export type { JsonSchema } from '../json-schema/index.js';
export { ControlClient, ControlError, type KernelIndex } from './client/client.js';
export { listenerPid } from './client/listener.js';
export { coerce, type Texts } from './coerce.js';
export { Feed } from './feed.js';
export { ControlModule } from './module.js';
export type { OfferedVerb, Problem } from './protocol.js';
export type { ControlSettings } from './settings.js';
export { packageVersion } from './version.js';
