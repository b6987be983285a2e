import type { Counter, SysctlMaker } from '../../../core/index.js';

/** The counters of devd. */
export interface DevdStatistics {
  readonly records: Counter;
  readonly fired: Counter;
  readonly refused: Counter;
  readonly reloads: Counter;
}

/** Registers the counters devd.*. */
export function devdStatistics(sysctl: SysctlMaker): DevdStatistics {
  return {
    records: sysctl.counter('devd.records', 'records read from devctl'),
    fired: sysctl.counter('devd.fired', 'records for which a rule fired'),
    refused: sysctl.counter('devd.refused', 'actions not run because a value could not be quoted'),
    reloads: sysctl.counter('devd.reloads', 'times the configuration was read again'),
  };
}
