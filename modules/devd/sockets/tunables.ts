import type { Counter, SysctlInt, SysctlMaker } from '../../../core/index.js';

/** Limits and counters of the clients. */
export interface ClientTunables {
  readonly limit: SysctlInt;
  readonly userLimit: SysctlInt;
  readonly sendBuffer: SysctlInt;
  readonly accepted: Counter;
  readonly dropped: Counter;
  readonly evicted: Counter;
  readonly refused: Counter;
}

/** Registers the sysctls devd.client.*. @param limit the value that `devd.client.limit` begins with */
export function clientTunables(sysctl: SysctlMaker, limit = 10): ClientTunables {
  return {
    limit: sysctl.int('devd.client.limit', {
      description: 'clients that may be connected, to both sockets together',
      value: limit,
      min: 1,
    }),
    userLimit: sysctl.int('devd.client.user_limit', {
      description: 'clients of one user other than root; 0 for half of devd.client.limit',
      value: 0,
      min: 0,
    }),
    sendBuffer: sysctl.int('devd.client.sendbuf', {
      description:
        'bytes of records that may wait for a client before it is dropped; for clients that come from now on',
      value: 262_144,
      min: 4096,
      max: 64 * 1024 * 1024,
    }),
    accepted: sysctl.counter('devd.client.accepted', 'clients that have connected'),
    dropped: sysctl.counter('devd.client.dropped', 'clients that were dropped because they read too slowly'),
    evicted: sysctl.counter('devd.client.evicted', 'clients that made room for those of other users'),
    refused: sysctl.counter('devd.client.refused', 'connections closed because too many waited for a place'),
  };
}
