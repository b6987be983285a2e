import type { Counter, SysctlInt, SysctlMaker } from '../../../core/index.js';

/** The limits, read whenever they matter, so that a change holds at once; and what is counted. */
export interface ActionTunables {
  readonly concurrency: SysctlInt;
  readonly timeout: SysctlInt;
  readonly grace: SysctlInt;
  readonly queue: SysctlInt;
  readonly started: Counter;
  readonly failed: Counter;
  readonly timeouts: Counter;
  readonly dropped: Counter;
}

export function actionTunables(sysctl: SysctlMaker): ActionTunables {
  return {
    concurrency: sysctl.int('devd.action.concurrency', {
      description: 'how many rules may run their actions at the same time',
      value: 8,
      min: 1,
      max: 1024,
    }),
    timeout: sysctl.int('devd.action.timeout', {
      description: 'how long an action may run before it is ended, in milliseconds; 0 for ever',
      value: 180_000,
      min: 0,
    }),
    grace: sysctl.int('devd.action.grace', {
      description: 'how long an action has between SIGTERM and SIGKILL, in milliseconds',
      value: 5000,
      min: 0,
    }),
    queue: sysctl.int('devd.action.queue', {
      description: 'how many records may wait for the actions of their rules',
      value: 1000,
      min: 1,
    }),
    started: sysctl.counter('devd.action.started', 'actions started'),
    failed: sysctl.counter('devd.action.failed', 'actions that could not start, failed or were killed'),
    timeouts: sysctl.counter('devd.action.timeouts', 'actions that took longer than devd.action.timeout'),
    dropped: sysctl.counter('devd.action.dropped', 'records whose actions were left out: too many waited'),
  };
}
