import type { Kernel } from '../../../core/index.js';
import type { CarpSoftc } from '../../../modules/carp/softc.js';
import type { Vip, VipStateChange } from '../../../modules/vip/index.js';
import type { VrrpSoftc } from '../../../modules/vrrp/softc.js';
import type { Heir } from '../../support/succession.js';
import type { Place } from '../place.js';
import type { Plan } from '../plan.js';

/** What a host has at a place, from the inside. */
export type SimVip = CarpSoftc | VrrpSoftc;

/** What all hosts have in common at the moment, and operators change. */
export interface Terms {
  password: string;
  /** Heard only. */
  passwords: string[];
  /** A second address for each place. */
  more: boolean;
}

/** A host, as far as its settings depend on it. */
export interface Speaker {
  readonly plan: Plan;
  readonly terms: Terms;
  /** From 1 on; the last part of its own addresses. */
  readonly number: number;
  /** CARP's preference, of which VRRP's is the reverse: the lowest is preferred. */
  advskew(place: Place): number;
}

/** What a module counted in its life. */
export interface Account {
  readonly received: number;
  readonly refused: number;
  readonly takeovers: number;
  readonly counters: ReadonlyMap<string, number>;
}

/** A protocol, as a simulated host runs it. */
export interface SimProtocol {
  /** @param changed handles the event list of the protocol */
  load(kernel: Kernel, changed: (vip: Vip, change: VipStateChange) => void): Promise<void>;
  create(kernel: Kernel, host: Speaker, place: Place): SimVip;
  configure(vip: SimVip, host: Speaker, place: Place): void;
  list(kernel: Kernel): readonly SimVip[];
  /** What takes over from its module, with virtual hosts at these places. */
  heir(host: Speaker, places: readonly Place[]): Heir;
  /** @throws AssertionError if the counters contradict each other */
  account(kernel: Kernel): Account;
}

/** The names of counters, with a prefix, and their values. */
export function countersOf(
  prefix: string,
  statistics: Readonly<Record<string, { readonly value: number }>>,
): Map<string, number> {
  return new Map(Object.entries(statistics).map(([name, { value }]) => [`${prefix}${name}`, value]));
}

/** The settings of a group of places that move together. */
export function groupOf({ firewall, vrrp }: Plan): { failoverGroup?: string } {
  return firewall || vrrp?.carp === 'grouped' ? { failoverGroup: 'firewall' } : {};
}

/** The own addresses of the other hosts on a segment. */
export function othersOf({ plan, number }: Speaker, { segment }: Place): string[] {
  const numbers = plan.skews.map((_skew, i) => i + 1).filter((other) => other !== number);
  return numbers.map((other) => `10.0.${segment}.${other}`);
}
