/** The settings common to all vhids of a kernel: FreeBSD's sysctls, by name, default and effect. */
import { type SysctlBool, SysctlError, type SysctlInt, type SysctlMaker } from '../../core/sysctl/index.js';

export interface CarpTunables {
  readonly allow: SysctlBool;
  readonly preempt: SysctlBool;
  readonly log: SysctlInt;
  readonly demotion: SysctlInt;
  readonly senderrDemotionFactor: SysctlInt;
  readonly ifdownDemotionFactor: SysctlInt;
  readonly dscp: SysctlInt;
}

/** Far beyond what counts (240), and far from where sums of it would lose their precision. */
const MOST_DEMOTION = 1_000_000;

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
      description: '0: nothing; 1: state changes, and refusals once a minute and cause; 2: once a second',
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
      description: 'added to the demotion while a vhid cannot send',
      value: 240,
      min: 0,
    }),
    ifdownDemotionFactor: sysctl.int('net.inet.carp.ifdown_demotion_factor', {
      description: "added to the demotion while a vhid's interface is down",
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

function addDemotion(written: number, old: number): number {
  const sum = old + written;
  if (Math.abs(sum) <= MOST_DEMOTION) return sum;
  throw new SysctlError(
    'ERANGE',
    `sysctl net.inet.carp.demotion: ${old} and ${written} is beyond ${MOST_DEMOTION}`,
  );
}
