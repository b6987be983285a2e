import type { Log } from '../../core/log/index.js';
import type { SysctlBool, SysctlInt, SysctlMaker } from '../../core/sysctl/index.js';

/** The settings common to all virtual routers of a kernel. */
export interface VrrpTunables {
  readonly allow: SysctlBool;
  readonly log: SysctlInt;
  readonly dscp: SysctlInt;
  readonly ifdownDemotionFactor: SysctlInt;
  readonly senderrDemotionFactor: SysctlInt;
}

const MINUTE_MS = 60_000;
const SECOND_MS = 1000;

/** Makes the nodes `net.inet.vrrp.*`. */
export function makeTunables(sysctl: SysctlMaker): VrrpTunables {
  return {
    allow: sysctl.bool('net.inet.vrrp.allow', {
      description: 'take part; 0 puts every virtual router into INIT and ignores advertisements',
      value: true,
    }),
    log: sysctl.int('net.inet.vrrp.log', {
      description:
        '0: nothing; 1: state changes, and refusals once per cause and minute; 2: once per cause and second',
      value: 1,
      min: 0,
      max: 2,
    }),
    dscp: sysctl.int('net.inet.vrrp.dscp', {
      description: 'differentiated services codepoint of what is sent; 48 is network control',
      value: 48,
      min: 0,
      max: 63,
    }),
    ifdownDemotionFactor: sysctl.int('net.inet.vrrp.ifdown_demotion_factor', {
      description: 'taken from the priority of a virtual router that cannot add its addresses',
      value: 240,
      min: 0,
    }),
    senderrDemotionFactor: sysctl.int('net.inet.vrrp.senderr_demotion_factor', {
      description:
        'taken from the priority of the virtual routers of an interface while one of them cannot send',
      value: 240,
      min: 0,
    }),
  };
}

/** A log for what strangers can provoke, limited as net.inet.vrrp.log says; undefined if that is 0. */
export function limitedLog(log: Log, { log: level }: VrrpTunables, cause: string): Log | undefined {
  if (level.value === 0) return undefined;
  return log.limited(cause, level.value === 1 ? MINUTE_MS : SECOND_MS);
}
