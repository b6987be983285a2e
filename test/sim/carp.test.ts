/**
 * CARP under random faults on the virtual LAN and the virtual clock: see scenario.ts for what must hold. A failure
 * prints the shrunk plan, the journal of its run, and how to repeat it. CARPET_SIM_RUNS says how many networks.
 */
import { test } from 'node:test';
import { check } from './check.js';
import { type Plan, plan } from './plan.js';
import { play } from './scenario.js';

/** Found here once: a loser's group bowed out on the other segment, which called everybody there to arms, for ever. */
const THREE_EQUAL_FIREWALLS: Plan = {
  seed: 0,
  skews: [20, 20, 20],
  deadRatio: 3,
  preempt: false,
  dualStack: false,
  awakening: 'timers',
  steps: [],
  firewall: true,
  advbase: 1,
  malady: undefined,
};

/**
 * Found here once: two that had yielded while a third was deaf and the other mute took each other for rivals for ever,
 * gave up in step, and began anew in step.
 */
const THREE_EQUAL_HALF_HEARD: Plan = {
  seed: 0,
  skews: [100, 20, 20, 20],
  deadRatio: 3,
  preempt: false,
  dualStack: true,
  awakening: 'timers',
  steps: [
    { after: 0, fault: { kind: 'cut', host: 2, leg: 0 } },
    { after: 0, fault: { kind: 'deaf', host: 0, leg: 0 } },
    { after: 5516, fault: { kind: 'heal' } },
    { after: 0, fault: { kind: 'mute', host: 1, leg: 0 } },
    { after: 3000, fault: { kind: 'mute', host: 0, leg: 0 } },
  ],
  firewall: false,
  advbase: 0,
  malady: undefined,
};

/**
 * Found here once: the second heard IPv4 of two others that yielded, and took the silence of the first in IPv4 for that
 * of a peer that is heard over it, so that IPv6 decided too late.
 */
const FOUR_EQUAL_ONE_MUTE: Plan = {
  seed: 1_501_757_312,
  skews: [95, 95, 95, 95],
  deadRatio: 3,
  preempt: false,
  dualStack: true,
  awakening: 'timers',
  steps: [],
  firewall: false,
  advbase: 1,
  malady: { kind: 'ail', host: 0, leg: 0, ailment: { family: 4, kind: 'mute' } },
};

/**
 * Found here once: a group that resumed after a pause bowed out on the other segment, which called BACKUPs to arms against
 * its successor; of three equal hosts each yielded on one segment, and none was left.
 */
const FIVE_EQUAL_FIREWALLS: Plan = {
  seed: 1_571_114_056,
  skews: [21, 21, 21, 21, 21],
  deadRatio: 3,
  preempt: false,
  dualStack: true,
  awakening: 'timers',
  steps: [],
  firewall: true,
  advbase: 1,
  malady: { kind: 'ail', host: 4, leg: 1, ailment: { family: 4, kind: 'deaf' } },
};

/**
 * Found here once: a host that lacks IPv6 counts as worse than its peer, whose interval is longer than its own dead time:
 * it took over and yielded for ever, or was MASTER beside it.
 */
const SLOW_PEER_OF_ONE_WITHOUT_IPV6: Plan = {
  seed: 0,
  skews: [20, 100],
  deadRatio: 2,
  preempt: false,
  dualStack: true,
  awakening: 'timers',
  steps: [],
  firewall: false,
  advbase: 0,
  malady: { kind: 'ail', host: 0, leg: 0, ailment: { family: 6, kind: 'off' } },
};

/** The same among three, where the dead time equals the interval of the master. */
const EQUAL_PEER_OF_ONE_WITHOUT_IPV6: Plan = {
  ...SLOW_PEER_OF_ONE_WITHOUT_IPV6,
  skews: [21, 40, 20],
  malady: { kind: 'ail', host: 2, leg: 0, ailment: { family: 6, kind: 'off' } },
};

/**
 * Found here once: a member did not follow its group, because it had just heard the master that was dead by then; the
 * group stayed divided between two hosts, and one that yielded on one segment was silent on the other, whose MASTER did
 * not learn that its clients believed another host.
 */
const DIVIDED_FIREWALLS: Plan = {
  seed: 0,
  skews: [22, 22, 21, 44, 20],
  deadRatio: 2,
  preempt: false,
  dualStack: true,
  awakening: 'timers',
  steps: [],
  firewall: true,
  advbase: 2,
  malady: { kind: 'ail', host: 2, leg: 0, ailment: { family: 4, kind: 'late' } },
};

/** Two hosts that differ in nothing but their addresses. */
const EQUALS = {
  seed: 0,
  skews: [20, 20],
  deadRatio: 3,
  preempt: false,
  dualStack: true,
  awakening: 'timers',
  advbase: 1,
} as const satisfies Partial<Plan>;

/**
 * Found here once: two equal hosts, of which each was MASTER on one segment. The one that yielded left the other segment in
 * silence; the other had just heard it there, late, and waited longer than the silence took.
 */
const DIVIDED_EQUAL_FIREWALLS: Plan = {
  ...EQUALS,
  steps: [
    { after: 0, fault: { kind: 'ail', host: 0, leg: 0, ailment: { family: 6, kind: 'off' } } },
    { after: 3000, fault: { kind: 'deaf', host: 0, leg: 0 } },
    { after: 3823, fault: { kind: 'ail', host: 0, leg: 0, ailment: { family: 4, kind: 'deaf' } } },
    { after: 1459, fault: { kind: 'mend', host: 0, leg: 0 } },
  ],
  firewall: true,
  malady: { kind: 'ail', host: 0, leg: 1, ailment: { family: 4, kind: 'late' } },
};

/**
 * Found by `npm run sim`, seed 1001109: each host had the lower address in one family, and the one with the lower IPv4 address
 * heard IPv6 first. With `election: ucarp` both yielded, a dead time later again, and so on.
 */
const EQUAL_UCARPS_OF_TWO_FAMILIES: Plan = {
  ...EQUALS,
  steps: [
    // It comes back with another link-layer address, and with another IPv6 address therefore.
    { after: 3000, fault: { kind: 'stop', host: 0 } },
    { after: 0, fault: { kind: 'start', host: 0 } },
    { after: 0, fault: { kind: 'ail', host: 0, leg: 0, ailment: { family: 4, kind: 'deaf' } } },
  ],
  firewall: false,
  malady: undefined,
  extras: { election: 'ucarp' },
};

/**
 * Found by `npm run sim`, seeds 3057253 and 3067044: a MASTER lost its carrier and was replaced, as it may be with so short a
 * dead time, and took the address back after `preemptDelay`. That was taken for what came of the next blip, on the other side
 * of the partition.
 */
const DELAYED_RETURN_AFTER_A_BLIP: Plan = {
  seed: 0,
  skews: [80, 120, 50],
  deadRatio: 2,
  preempt: true,
  dualStack: false,
  awakening: 'timers',
  steps: [{ after: 3000, fault: { kind: 'partition', sides: [0, 0, 1] } }],
  firewall: false,
  advbase: 0,
  malady: undefined,
  extras: { preemptDelay: 2500 },
};

/**
 * Found by `npm run sim`, seeds 3007636 and 3072150: the first host hears IPv6 alone and loses the tie by that, while the other
 * one loses it by IPv4. The first put its next word off, and with it the correction of the clients.
 */
const EQUALS_THAT_BOTH_LOSE: Plan = {
  ...EQUALS,
  advbase: 0,
  steps: [
    // It comes back with another link-layer address, and with another IPv6 address therefore.
    { after: 0, fault: { kind: 'stop', host: 0 } },
    { after: 0, fault: { kind: 'start', host: 0 } },
    { after: 0, fault: { kind: 'ail', host: 0, leg: 0, ailment: { family: 4, kind: 'deaf' } } },
    { after: 3000, fault: { kind: 'up', host: 0, leg: 0 } },
  ],
  firewall: false,
  malady: { kind: 'ail', host: 0, leg: 0, ailment: { family: 4, kind: 'deaf' } },
};

/**
 * Found by `npm run sim`, seed 3015565: the loser had asked for the winner's link-layer address just before the partition ended,
 * and ARP asks again after a second. So long its last word waits: more than two intervals.
 */
const UNICAST_LAST_WORD_THAT_WAITS: Plan = {
  seed: 0,
  skews: [20, 147, 21],
  deadRatio: 3,
  preempt: false,
  dualStack: false,
  awakening: 'timers',
  steps: [
    { after: 329, fault: { kind: 'skew', host: 1, skew: 2 } },
    { after: 7245, fault: { kind: 'heal' } },
  ],
  firewall: false,
  advbase: 0,
  malady: undefined,
  extras: { peers: [] },
};

/**
 * Found here once: one segment is divided alone, where the MASTER has no IPv4 address of its own. The other host took the shared
 * address that it advertises from for one that loses ties, followed its group, and yielded over IPv6.
 */
const FOLLOWED_A_TIE_THAT_IS_LOST: Plan = {
  ...EQUALS,
  steps: [],
  firewall: true,
  malady: { kind: 'ail', host: 0, leg: 1, ailment: { family: 4, kind: 'off' } },
};

const { CARPET_SIM_RUNS: runs = '400' } = process.env;

test(`exactly one MASTER wherever hosts reach each other, in ${runs} random networks`, () =>
  check('sim/carp', plan, play, {
    runs: Number(runs),
    examples: [
      THREE_EQUAL_FIREWALLS,
      THREE_EQUAL_HALF_HEARD,
      FOUR_EQUAL_ONE_MUTE,
      FIVE_EQUAL_FIREWALLS,
      SLOW_PEER_OF_ONE_WITHOUT_IPV6,
      EQUAL_PEER_OF_ONE_WITHOUT_IPV6,
      DIVIDED_FIREWALLS,
      DIVIDED_EQUAL_FIREWALLS,
      EQUAL_UCARPS_OF_TWO_FAMILIES,
      DELAYED_RETURN_AFTER_A_BLIP,
      EQUALS_THAT_BOTH_LOSE,
      UNICAST_LAST_WORD_THAT_WAITS,
      FOLLOWED_A_TIE_THAT_IS_LOST,
    ],
  }));
