import type { DevEventInfo } from './queue.js';

/** The event list of devctl records. */
export interface DevctlEvents {
  /**
   * devctl_set_notify_hook: a record was made. Invoked within `notify`, before any reader has it, also when the queue
   * is switched off. Handlers may notify in turn; their records come later.
   */
  devctl_event(record: DevEventInfo): void;
}

declare module 'carpet-kernel' {
  interface EventHandlers extends DevctlEvents {}
}
