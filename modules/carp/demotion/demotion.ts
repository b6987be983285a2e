import type { Log } from '../../../core/log/index.js';
import type { Ifnet, InetFamily } from '../../ifnet/index.js';
import type { CarpTunables } from '../tunables.js';

/** FreeBSD's CARP_MAXSKEW: demotion does not raise advskew above this. */
export const CARP_MAXSKEW = 240;

/** A vhid, as far as it matters for what demotes it. */
export interface CarpDemotable {
  readonly name: string;
  readonly ifp: Ifnet | undefined;
  readonly families: readonly InetFamily[];
}

/** Demotes some vhids of this host and not all of them. */
export interface CarpLocalDemotion {
  /** The name of the vhid that reports it. */
  readonly name: string;
  readonly reason: string;
  readonly amount: number;
  concerns(vhid: CarpDemotable): boolean;
}

/**
 * Demotion: this host advertises itself as a worse MASTER than its settings say.
 *
 * FreeBSD has one number, net.inet.carp.demotion, which is added to every advskew. OpenBSD has a counter per interface
 * group, and sends their sum in a byte of its own, which is compared before any timer. Here both exist, and one step of
 * an OpenBSD counter weighs as much as FreeBSD's usual 240, so that both kinds of peers see either.
 *
 * FreeBSD also counts there what concerns one interface or vhid only (carp_demote_adj): a vhid that cannot send on one
 * interface demotes all others. Here such a fault demotes those that it concerns.
 */
export class CarpDemotion {
  readonly #groups = new Map<string, number>();
  readonly #local = new Set<CarpLocalDemotion>();
  #reason = 'sysctl';

  /** @param changed called after each change, so that every MASTER advertises at once */
  constructor(
    private readonly tunables: CarpTunables,
    private readonly log: Log,
    private readonly changed: (demotion: number, delta: number, reason: string) => void,
  ) {
    tunables.demotion.onChange((value, old) => {
      this.#report(value, value - old, this.#reason);
      this.changed(value, value - old, this.#reason);
    });
  }

  /**
   * FreeBSD's carp_demote_adj: adds `delta`, which may be negative, to net.inet.carp.demotion.
   *
   * @throws SysctlError ERANGE for a sum beyond a million
   */
  adjust(delta: number, reason: string): void {
    this.#reason = reason;
    try {
      this.tunables.demotion.value += delta;
    } finally {
      this.#reason = 'sysctl';
    }
  }

  /** OpenBSD's `ifconfig -g group carpdemote n`; a counter never falls below 0. */
  adjustGroup(group: string, delta: number, reason = 'user requested'): void {
    const old = this.group(group);
    const value = Math.max(0, old + delta);
    if (value === old) return;
    this.#groups.set(group, value);
    this.#report(value, value - old, `group ${group}: ${reason}`);
    this.changed(this.tunables.demotion.value, 0, `group ${group}: ${reason}`);
  }

  /** A group's counter. */
  group(name: string): number {
    return this.#groups.get(name) ?? 0;
  }

  /** The sum of these groups' counters. */
  groups(names: readonly string[]): number {
    let sum = 0;
    for (const name of names) sum += this.group(name);
    return sum;
  }

  /** From now on the vhids concerned are demoted by this too. */
  impose(local: CarpLocalDemotion): void {
    this.#local.add(local);
    const text = `${local.name}: demoted by ${local.amount}: ${local.reason}`;
    if (this.tunables.log.value > 0) this.log.warning(text);
    this.changed(this.tunables.demotion.value, 0, text);
  }

  /** As `impose`, for what demoted a predecessor: no news. */
  inherit(local: CarpLocalDemotion): void {
    this.#local.add(local);
  }

  /** OpenBSD's counters of interface groups, by group. */
  captureGroups(): Record<string, number> {
    return Object.fromEntries(this.#groups);
  }

  adoptGroups(groups: Readonly<Record<string, number>>): void {
    for (const [name, count] of Object.entries(groups)) this.#groups.set(name, count);
  }

  /** @param why for the log */
  lift(local: CarpLocalDemotion, why: string): void {
    if (!this.#local.delete(local)) return;
    const text = `${local.name}: no longer demoted by ${local.amount}: ${why}`;
    if (this.tunables.log.value > 0) this.log.notice(text);
    this.changed(this.tunables.demotion.value, 0, text);
  }

  /** What demotes this vhid apart from net.inet.carp.demotion: the largest counts. */
  local(vhid: CarpDemotable): number {
    let largest = 0;
    for (const each of this.#local) if (each.concerns(vhid)) largest = Math.max(largest, each.amount);
    return largest;
  }

  /** Why this vhid is demoted apart from net.inet.carp.demotion. */
  reasons(vhid: CarpDemotable): string[] {
    const local = [...this.#local].filter((each) => each.concerns(vhid));
    return local.map(({ name, reason }) => (name === vhid.name ? reason : `${name}: ${reason}`));
  }

  #report(value: number, delta: number, reason: string): void {
    if (this.tunables.log.value > 0) this.log.notice(`demoted by ${delta} to ${value} (${reason})`);
  }
}

/**
 * advskew as sent: FreeBSD's DEMOTE_ADVSKEW, `min(240, max(0, advskew + demotion))`. An advskew above 240, which ucarp
 * and OpenBSD allow, is kept rather than improved.
 */
export function demotedSkew(advskew: number, demotion: number): number {
  if (demotion === 0) return advskew;
  return Math.min(Math.max(CARP_MAXSKEW, advskew), Math.max(0, advskew + demotion));
}

/** The demotion byte as sent to OpenBSD, 0 to 255. */
export function demoteByte(demotion: number, groups: number): number {
  return Math.min(255, groups + Math.max(0, Math.ceil(demotion / CARP_MAXSKEW)));
}
