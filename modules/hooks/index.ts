/** Hooks: programs that are told of changes of state, in the forms of ucarp and keepalived, and as JSON. */
export type { HookStatus } from './hook.js';
export type { HookMessage } from './message.js';
export { HooksModule } from './module.js';
export type { HookSettings, HookState, HooksConfig, HooksSettings } from './settings.js';
