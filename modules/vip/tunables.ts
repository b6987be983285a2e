import type { SysctlInt, SysctlMaker } from '../../core/sysctl/index.js';

/** The settings common to all protocols of a kernel. */
export interface VipTunables {
  readonly drainTimeout: SysctlInt;
}

/** Makes the nodes `net.inet.vip.*`. */
export function makeTunables(sysctl: SysctlMaker): VipTunables {
  return {
    drainTimeout: sysctl.int('net.inet.vip.drain_timeout', {
      description: 'ms that a drain waits for services to leave before it hands the addresses over',
      value: 30_000,
      min: 0,
    }),
  };
}
