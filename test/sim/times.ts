import { LAST_WORD_MS } from '../../modules/vip/index.js';
import { downTime } from '../../modules/vrrp/election/timers.js';
import { LATE_MS } from './ailment.js';
import type { Malady, Plan, VrrpPlan } from './plan.js';

/** The slowest of the clocks, in true milliseconds for one of its own. */
function slowness({ rates = [] }: Plan): number {
  return 1 / Math.min(1, ...rates);
}

/** The longest that any of the hosts waits for its master, in ms. */
export function deadTimeOf(plan: Plan): number {
  const waits = [
    ...(plan.vrrp?.carp === 'none' ? [] : [carpDeadTime(plan)]),
    ...(plan.vrrp === undefined ? [] : [vrrpDeadTime(plan.vrrp)]),
  ];
  return slowness(plan) * Math.max(...waits);
}

function carpDeadTime({ skews, advbase, deadRatio }: Plan): number {
  const slowest = Math.max(...skews) / 256;
  return 1000 * (advbase === 0 ? deadRatio * slowest : deadRatio * advbase + slowest);
}

/** With the longest interval, which a BACKUP of version 3 learns, and the lowest priority, which a demoted one has. */
function vrrpDeadTime({ version, intervals, extras }: VrrpPlan): number {
  return downTime(version, 1, Math.max(...intervals), extras.downAdverts ?? 3);
}

/** The longest between two advertisements of a master, in ms. */
function intervalOf({ skews, advbase, vrrp }: Plan): number {
  return Math.max(1000 * (advbase + Math.max(...skews) / 256), ...(vrrp?.intervals ?? []));
}

/**
 * How long it takes at most until all is as it must be, in ms. A MASTER of CARP that lacks a family steps down after three
 * advertisements without, and may have become it a dead time after the last fault.
 */
export function patienceOf(plan: Plan): number {
  const { malady, extras, clocks, rates } = plan;
  const deadTime = deadTimeOf(plan);
  const interval = intervalOf(plan);
  // Hosts that have never heard each other refuse the first word of the one whose clock is behind.
  const strangers = clocks === undefined && rates === undefined ? 0 : 2 * interval;
  const { startupDelay = 0, preemptDelay = 0 } = extras ?? {};
  const delays = 1.1 * (startupDelay + preemptDelay) + (preemptDelay > 0 ? 2 * interval : 0);
  return 2 * deadTime + strangers + delays + ailing(malady, deadTime + 3 * interval);
}

/** What a family that hears late is told in that time is of before. @param off what one that is off takes */
function ailing(malady: Malady | undefined, off: number): number {
  if (malady?.ailment.kind === 'late') return LATE_MS;
  return malady?.ailment.kind === 'off' ? off : 0;
}

/**
 * How long the last word of a MASTER waits at most, in ms. One to unicast peers waits until ARP has found them, and what ARP
 * asked just before a partition ended is asked again a second later. If ARP gives up instead, the word is lost, and repeated
 * when the winner is heard after that: one interval later at most, of which clients are given two.
 */
export function detentionOf({ extras, vrrp }: Plan): number {
  return extras?.peers === undefined && vrrp?.extras.peers === undefined ? 0 : LAST_WORD_MS;
}
