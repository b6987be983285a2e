import type { Log } from '../../core/log/index.js';
import { type SysctlBool, SysctlError, type SysctlInt, type SysctlMaker } from '../../core/sysctl/index.js';

/** The settings common to all vhids of a kernel: FreeBSD's sysctls, by name, default and effect. */
export interface CarpTunables {
  readonly allow: SysctlBool;
  readonly preempt: SysctlBool;
  readonly log: SysctlInt;
  readonly demotion: SysctlInt;
  readonly senderrDemotionFactor: SysctlInt;
  readonly ifdownDemotionFactor: SysctlInt;
  readonly dscp: SysctlInt;
}

/** Far beyond what has an effect (240), and far below what would lose precision in sums. */
const MAX_DEMOTION = 1_000_000;

const MINUTE_MS = 60_000;
const SECOND_MS = 1000;

/** Makes the nodes `net.inet.carp.*`. */
export function makeTunables(sysctl: SysctlMaker): CarpTunables {
  return {
    allow: sysctl.bool('net.inet.carp.allow', {
      description: 'take part; 0 puts every vhid into INIT and ignores advertisements',
      value: true,
    }),
    preempt: sysctl.bool('net.inet.carp.preempt', {
      description: 'take over from a slower master, for vhids without a setting of their own',
      value: false,
    }),
    log: sysctl.int('net.inet.carp.log', {
      description:
        '0: nothing; 1: state changes, and refusals once per cause and minute; 2: once per cause and second',
      value: 1,
      min: 0,
      max: 2,
    }),
    demotion: sysctl.int('net.inet.carp.demotion', {
      description: 'added to every advskew, within 0 to 240; writing adds to it',
      value: 0,
      set: addDemotion,
      cumulative: true,
    }),
    senderrDemotionFactor: sysctl.int('net.inet.carp.senderr_demotion_factor', {
      description: 'demotes the vhids of an interface while one of them cannot send',
      value: 240,
      min: 0,
    }),
    ifdownDemotionFactor: sysctl.int('net.inet.carp.ifdown_demotion_factor', {
      description:
        "added to the demotion while a vhid's interface is down; demotes a vhid that cannot add its addresses",
      value: 240,
      min: 0,
    }),
    dscp: sysctl.int('net.inet.carp.dscp', {
      description: 'differentiated services codepoint of what is sent',
      value: 56,
      min: 0,
      max: 63,
    }),
  };
}

/** A log for what strangers can provoke, limited as net.inet.carp.log says; undefined if that is 0. */
export function limitedLog(log: Log, { log: level }: CarpTunables, cause: string): Log | undefined {
  if (level.value === 0) return undefined;
  return log.limited(cause, level.value === 1 ? MINUTE_MS : SECOND_MS);
}

/** Writing the sysctl adds to its value, as on FreeBSD. */
function addDemotion(written: number, old: number): number {
  const sum = old + written;
  if (Math.abs(sum) <= MAX_DEMOTION) return sum;
  throw new SysctlError(
    'ERANGE',
    `sysctl net.inet.carp.demotion: ${old} plus ${written} is beyond the limit of ${MAX_DEMOTION}`,
  );
}
