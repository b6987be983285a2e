/** What a simulated network goes through: drawn by fast-check, so that a failure is shrunk to its essence. */
import fc from 'fast-check';
import type { CarpSealMode, CarpVhidOptions } from '../../modules/carp/index.js';
import type { InetFamily } from '../../modules/ifnet/index.js';
import type { VrrpRouterOptions } from '../../modules/vrrp/index.js';
import type { Ailment } from './ailment.js';
import type { Awakening } from './process.js';

/** What happens to a host's interface; `leg` is the segment, 0 or 1. */
export interface Strike {
  readonly kind: 'cut' | 'mend' | 'down' | 'up' | 'mute' | 'deaf';
  readonly host: number;
  readonly leg: number;
}

/** One family of a host's leg breaks. */
export interface Malady {
  readonly kind: 'ail';
  readonly host: number;
  readonly leg: number;
  readonly ailment: Ailment;
}

/**
 * What an operator, or the host's system, does. `deny`: no shared address can be added, until `calm` or `permit`. `upgrade`:
 * a successor takes over. `drain`: the host leaves for maintenance, until `calm` or `undrain`. The others change all hosts: to a new password in three steps, to one address more or less,
 * BACKUPs first. `skew` changes one host.
 */
export type Work =
  | { readonly kind: 'deny' | 'permit' | 'upgrade' | 'drain' | 'undrain'; readonly host: number }
  | { readonly kind: 'skew'; readonly host: number; readonly skew: number }
  | { readonly kind: 'password' | 'addresses' };

/** Settings of all vhids beyond those that have a member in {@link Plan}. */
export type Extras = Partial<
  Omit<CarpVhidOptions, 'ifname' | 'vhid' | 'password' | 'passwords' | 'addresses' | 'failoverGroup'>
>;

/** What the hosts of a network share by VRRP. */
export interface VrrpPlan {
  /** Whether they share addresses by CARP too: not, on their own, or in one failover group with those of VRRP. */
  readonly carp: 'none' | 'beside' | 'grouped';
  readonly version: 2 | 3;
  /** A virtual router for each. */
  readonly families: readonly InetFamily[];
  /** Of each host, in ms; in version 2 the same. */
  readonly intervals: readonly number[];
  /** The number of the host that owns the addresses, from 1 on; undefined: none does. */
  readonly owner?: number;
  /** Settings of all virtual routers. */
  readonly extras: Partial<
    Omit<VrrpRouterOptions, 'ifname' | 'vrid' | 'version' | 'priority' | 'interval' | 'addresses'>
  >;
}

/** What happens to a network; `host` counts from 0, modulo the number of hosts, and `leg` likewise. */
export type Fault =
  | Strike
  | Malady
  | { readonly kind: 'stop' | 'crash' | 'start' | 'freeze'; readonly host: number }
  | { readonly kind: 'thaw'; readonly host: number; readonly first: Awakening }
  | Work
  /** What one host sends to the other is lost, or no longer. */
  | {
      readonly kind: 'block' | 'unblock';
      readonly host: number;
      readonly other: number;
      readonly leg: number;
    }
  | { readonly kind: 'partition'; readonly sides: readonly number[] }
  | { readonly kind: 'heal' }
  | {
      readonly kind: 'weather';
      readonly leg: number;
      readonly loss: number;
      readonly duplicate: number;
      readonly reorder: number;
      readonly jitterMs: number;
    };

export interface Step {
  /** Milliseconds that pass before it. */
  readonly after: number;
  readonly fault: Fault;
}

export interface Plan {
  /** Of the network's and of every kernel's random generator. */
  readonly seed: number;
  /** One advskew for each host. */
  readonly skews: readonly number[];
  readonly advbase: number;
  readonly deadRatio: number;
  readonly preempt: boolean;
  /** Whether the shared addresses are of both families. */
  readonly dualStack: boolean;
  /** Whether every host stands between two segments, with a vhid on each, and the two belong together. */
  readonly firewall: boolean;
  /** What a process that stood still turns to first when the plan is over. */
  readonly awakening: Awakening;
  readonly steps: readonly Step[];
  /** What is broken from the end of the steps on, and all through the trials. */
  readonly malady: Malady | undefined;
  /** The setting of all hosts; default: carpet's. */
  readonly seal?: CarpSealMode;
  /** By how much each host's wall clock is wrong, in ms; default: not at all. */
  readonly clocks?: readonly number[];
  /** vhids on each segment, each of which prefers another host; default 1. */
  readonly vhids?: number;
  /** How fast each host's clock runs; default 1. */
  readonly rates?: readonly number[];
  readonly extras?: Extras;
  /** Default: no host speaks VRRP. */
  readonly vrrp?: VrrpPlan;
  /** Whether an attacker without the password is on every segment, all the time. */
  readonly attacked?: boolean;
}

const host = fc.nat(4);
const leg = fc.nat(1);
const awakening = fc.constantFrom<Awakening>('timers', 'sockets');
const share = fc.constantFrom(0, 0.05, 0.2, 0.5);

const ailment: fc.Arbitrary<Ailment> = fc.record({
  family: fc.constantFrom(4, 6),
  kind: fc.constantFrom('deaf', 'mute', 'late', 'off'),
});
const malady: fc.Arbitrary<Malady> = fc.record({ kind: fc.constant('ail' as const), host, leg, ailment });

/** One of those of every network: not the works, which `wide` adds. */
export const fault: fc.Arbitrary<Fault> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constantFrom('cut', 'mend', 'down', 'up', 'mute', 'deaf'), host, leg }),
  },
  malady,
  fc.record({ kind: fc.constantFrom('stop', 'crash', 'start', 'freeze'), host }),
  fc.record({ kind: fc.constant('thaw' as const), host, first: awakening }),
  fc.record({
    kind: fc.constant('partition' as const),
    sides: fc.array(fc.nat(2), { minLength: 5, maxLength: 5 }),
  }),
  fc.record({ kind: fc.constant('heal' as const) }),
  fc.record({
    kind: fc.constant('weather' as const),
    leg,
    loss: share,
    duplicate: share,
    reorder: share,
    jitterMs: fc.constantFrom(0, 5, 300),
  }),
);

/** Many things at once, or time enough for a takeover in between. */
const after = fc.oneof(
  fc.constant(0),
  fc.integer({ min: 0, max: 1500 }),
  fc.integer({ min: 3000, max: 9000 }),
);

const skew = fc.oneof(fc.constantFrom(20, 100), fc.integer({ min: 20, max: 240 }));
/** Also the same for several hosts or for all, though every manual advises against it. */
const skews = fc.oneof(
  fc.array(skew, { minLength: 2, maxLength: 5 }),
  fc.tuple(skew, fc.integer({ min: 2, max: 5 })).map(([same, hosts]) => Array<number>(hosts).fill(same)),
);

const common = {
  seed: fc.nat(),
  skews,
  deadRatio: fc.constantFrom(3, 2, 4),
  preempt: fc.boolean(),
  awakening,
  steps: fc.array(fc.record({ after, fault }), { maxLength: 25 }),
};

/** Half of the networks have both families, and in half of those one family of one host is broken. */
const families = fc.oneof(
  fc.record({ dualStack: fc.constant(false), malady: fc.constant(undefined) }),
  fc.record({ dualStack: fc.constant(true), malady: fc.option(malady, { nil: undefined, freq: 2 }) }),
);

/** Hosts on one segment; with advbase 0 there is less than a second between advertisements. */
const segment = fc.record({ ...common, firewall: fc.constant(false), advbase: fc.constantFrom(1, 0, 2) });

/**
 * Hosts between two segments. advbase is not 0: a demoted host would advertise with a longer interval than its peers
 * wait.
 */
const firewall = fc.record({ ...common, firewall: fc.constant(true), advbase: fc.constantFrom(1, 2) });

export const plan: fc.Arbitrary<Plan> = fc
  .tuple(fc.oneof(segment, firewall), families)
  .map(([network, stack]) => ({ ...network, ...stack }));

/** Networks whose hosts require seals, with clocks that are wrong by up to an hour, under attack. */
export const siege: fc.Arbitrary<Plan> = fc
  .tuple(plan, fc.array(fc.integer({ min: -3_600_000, max: 3_600_000 }), { minLength: 5, maxLength: 5 }))
  .map(([network, clocks]) => ({ ...network, clocks, seal: 'require', attacked: true }));
