import type { Counter, SysctlInt, SysctlMaker } from '../../../core/index.js';

/** Limits, read at each use so that a change applies at once, and counters. */
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

/** Registers the sysctls devd.action.*. */
export function actionTunables(sysctl: SysctlMaker): ActionTunables {
  return {
    concurrency: sysctl.int('devd.action.concurrency', {
      description: 'rules that may run their actions at the same time',
      value: 8,
      min: 1,
      max: 1024,
    }),
    timeout: sysctl.int('devd.action.timeout', {
      description: 'milliseconds that an action may run before it is ended; 0 for no limit',
      value: 180_000,
      min: 0,
    }),
    grace: sysctl.int('devd.action.grace', {
      description: 'milliseconds between SIGTERM and SIGKILL for an action that is ended',
      value: 5000,
      min: 0,
    }),
    queue: sysctl.int('devd.action.queue', {
      description: 'records that may be queued for the actions of their rules',
      value: 1000,
      min: 1,
    }),
    started: sysctl.counter('devd.action.started', 'actions started'),
    failed: sysctl.counter('devd.action.failed', 'actions that could not start, failed or were killed'),
    timeouts: sysctl.counter('devd.action.timeouts', 'actions that took longer than devd.action.timeout'),
    dropped: sysctl.counter(
      'devd.action.dropped',
      'records whose actions were dropped because too many were queued',
    ),
  };
}
