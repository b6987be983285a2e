/**
 * Demotion: this host advertises itself as a worse MASTER than its settings say. Here it is a ledger of named lines,
 * and every sum is derived from them.
 *
 * FreeBSD has one number, net.inet.carp.demotion, which is added to every advskew. It is kept as the sum of the lines
 * that concern every vhid; what is written to it becomes one line, `sysctl`. OpenBSD has a counter per interface group,
 * and sends their sum in a byte of its own, which is compared before any timer: one step of it is a line of 240 here,
 * and 240 of any line are one step, so that both kinds of peers see either.
 *
 * FreeBSD also counts in the number what concerns one interface or vhid only (carp_demote_adj): a vhid that cannot send
 * on one interface demotes all others. Here such a fault demotes those that it concerns.
 *
 * A line goes with its cause: its owner strikes it, and the scope of a module strikes those that the module forgot.
 * Lines that a predecessor handed over wait for their owner to enter them again, and go if it does not in time.
 *
 * @module
 */
import type { Log } from '../../../core/log/index.js';
import type { SysctlInt } from '../../../core/sysctl/index.js';
import type { Callout, Clock } from '../../../core/time/index.js';
import type { DemotionLedgerState } from '../handover/schema.js';
import type { Demotable } from './demotable.js';
import {
  checkRequest,
  DemotionEntry,
  type DemotionLine,
  type DemotionRequest,
  type DemotionTarget,
  DRAIN,
} from './line.js';
import { DemotionLines, sameCause } from './lines.js';
import { type DemotionRecord, type DemotionStatus, recordStatus } from './records.js';

/** Owners whose lines stand for themselves: no owner enters them again after a handover. */
const KEPT: ReadonlySet<string> = new Set(['sysctl', 'operator', 'program', DRAIN]);
/** A successor's modules have started, and their checks have run, long before. */
const CLAIM_MS = 60_000;
/** What one step of an OpenBSD counter weighs: FreeBSD's usual demotion, with which every peer is preferred. */
const STEP = 240;

/** What the ledger needs. */
export interface DemotionLedgerNeeds {
  readonly clock: Clock;
  readonly log: Log;
}

/** Where the sum of what concerns every virtual host is shown, and can be written. */
export interface DemotionNode {
  /** net.inet.carp.demotion. */
  readonly demotion: SysctlInt;
  /** net.inet.carp.log: 0 keeps the ledger quiet. */
  readonly level: { readonly value: number };
  /** Written to instead of the ledger's own. */
  readonly log: Log;
}

/**
 * Called after each change, so that every MASTER advertises at once.
 *
 * @param demotion the sum of what concerns every virtual host
 * @param delta added to it; 0: other demotion has changed
 */
export type DemotionListener = (demotion: number, delta: number, reason: string) => void;

/** All that demotes this host or a part of it. */
export class DemotionLedger implements Disposable {
  readonly #needs: DemotionLedgerNeeds;
  readonly #lines = new DemotionLines();
  /** Of a predecessor, not entered again yet. */
  readonly #unclaimed = new Set<DemotionLine>();
  readonly #claims: Callout;
  readonly #listeners = new Set<DemotionListener>();
  /** The lines of what `request` has returned. */
  readonly #requested = new WeakMap<Disposable, DemotionEntry>();
  #node: DemotionNode | undefined;
  /** What a predecessor said last. */
  #adopted: readonly DemotionEntry[] = [];
  /** The sum is being written by the ledger itself. */
  #deriving = false;

  constructor(needs: DemotionLedgerNeeds) {
    this.#needs = needs;
    this.#claims = needs.clock.callout('demotion claims', () => this.#dropUnclaimed());
  }

  /** Shows the sum in a node until the result is disposed of; what is written to it becomes a line. */
  bind(node: DemotionNode): Disposable {
    this.#node = node;
    this.#derive();
    const listening = node.demotion.onChange((value, old) => {
      if (!this.#deriving) this.adjust('sysctl', value - old, 'sysctl');
    });
    return {
      [Symbol.dispose]: () => {
        listening[Symbol.dispose]();
        if (this.#node === node) this.#node = undefined;
      },
    };
  }

  /** Calls back after each change until the result is disposed of. */
  onChange(listener: DemotionListener): Disposable {
    const entry: DemotionListener = (...change) => listener(...change);
    this.#listeners.add(entry);
    return { [Symbol.dispose]: () => void this.#listeners.delete(entry) };
  }

  /** The sum of what concerns every virtual host: net.inet.carp.demotion. */
  get sum(): number {
    return this.#lines.sum;
  }

  /** Every line, in the order of their entry. */
  records(): DemotionRecord[] {
    return this.#lines.records();
  }

  /** Every line for programs. */
  status(): DemotionStatus[] {
    const now = this.#needs.clock.now();
    return this.records().map((record) => recordStatus(record, now));
  }

  /** The lines that demote this vhid. */
  concerning(vhid: Demotable): DemotionRecord[] {
    return this.records().filter(({ line }) => line.global || line.concerns(vhid));
  }

  /** What demotes this vhid apart from net.inet.carp.demotion. */
  local(vhid: Demotable): number {
    return this.#lines.localSum(vhid);
  }

  /** Whether this vhid is drained, by itself or with the host. */
  isDrained(vhid: Demotable): boolean {
    return this.#lines.demotes(DRAIN, vhid);
  }

  /** Why this vhid is demoted apart from net.inet.carp.demotion. */
  reasons(vhid: Demotable): string[] {
    const local = [...this.#lines.local].filter((line) => line.concerns(vhid));
    return local.map(({ on, reason }) => (on === vhid.name ? reason : `${on}: ${reason}`));
  }

  /**
   * Enters a line until the result is disposed of, or the scope that it names closes.
   *
   * @param instead a former result, whose line goes in the same moment: no advertisement has both lines, or neither
   * @throws VipError EINVAL
   */
  request(request: DemotionRequest, instead?: Disposable): Disposable {
    checkRequest(request);
    const { by, reason, amount, vhids, group } = request;
    const [scope, name] = typeof by === 'string' ? [undefined, by] : [by, by.name];
    const entry = new DemotionEntry(name, reason, amount, { vhids, group });
    const entered = {
      [Symbol.dispose]: () => {
        scope?.disown(entered);
        if (!this.#unclaimed.has(entry)) this.strike(entry, reason);
      },
    };
    scope?.own(entered);
    const former = instead && this.#requested.get(instead);
    this.#requested.set(entered, entry);
    if (former === undefined || !this.#replace(former, entry)) this.enter(entry);
    return entered;
  }

  /** Has what `request` has returned outlive its owner, until a successor of that enters it again; or, if none does, a minute. */
  leave(entered: Disposable): void {
    const entry = this.#requested.get(entered);
    if (entry === undefined || this.#lines.since(entry) === undefined) return;
    this.#unclaimed.add(entry);
    this.#claims.reset(CLAIM_MS);
  }

  /** A successor has entered again all that there still is: what else its predecessor left goes. */
  settle(by: string): void {
    for (const line of this.#unclaimed)
      if (line.by === by) this.strike(line, 'there is no such cause any more');
  }

  /** Enters a line that its owner keeps. @param since when its cause began, on the kernel's clock in ms */
  enter(line: DemotionLine, since = this.#needs.clock.now()): void {
    const former = this.#claim(line);
    this.#lines.add(line, former?.since ?? since);
    const delta = line.amount - (former?.line.amount ?? 0);
    if (former === undefined || delta !== 0) this.#report(line, delta, line.reason);
  }

  /** As `enter`, for what demoted a predecessor: no news. */
  inherit(line: DemotionLine): void {
    this.#lines.add(line, this.#needs.clock.now());
    this.#derive();
  }

  /** As `strike`, for what another line replaces: no news. */
  withdraw(line: DemotionLine): void {
    this.#forget(line);
    this.#derive();
  }

  /** Takes a line out; a no-op if it is not in. @param why for the log */
  strike(line: DemotionLine, why: string): void {
    if (this.#forget(line)) this.#report(line, -line.amount, why, true);
  }

  /**
   * FreeBSD's carp_demote_adj, with a line per owner and reason: adds `delta`, which may be negative, to that line. A line
   * of 0 goes.
   */
  adjust(by: string, delta: number, reason: string, target: DemotionTarget = {}): void {
    if (delta === 0) return;
    const wanted = new DemotionEntry(by, reason, delta, target);
    const former = this.#lines.find(wanted);
    if (former === undefined) this.#lines.add(wanted, this.#needs.clock.now());
    else this.#amend(former, delta);
    this.#report(wanted, delta, reason, delta < 0);
  }

  /** Takes `amount` from the lines of one owner that concern all, the newest first. @returns what was not to be taken */
  takeBack(by: string, amount: number): number {
    let left = amount;
    for (const { line } of this.records().toReversed()) {
      if (left <= 0) break;
      if (line.by !== by || !line.global || line.amount <= 0) continue;
      const taken = Math.min(left, line.amount);
      left -= taken;
      this.adjust(by, -taken, line.reason);
    }
    return left;
  }

  /** OpenBSD's `ifconfig -g group carpdemote n`; a counter never falls below 0. One step is 240. */
  adjustGroup(group: string, delta: number, reason = 'user requested'): void {
    const steps = Math.max(delta, -this.group(group));
    if (steps > 0) return this.adjust('operator', steps * STEP, reason, { group });
    let left = -steps * STEP;
    for (const line of this.#counter(group)) {
      const taken = Math.min(left, line.amount);
      left -= taken;
      this.adjust('operator', -taken, line.reason, { group });
    }
  }

  /** A group's counter. */
  group(name: string): number {
    return this.#counter(name).reduce((sum, { amount }) => sum + amount, 0) / STEP;
  }

  // ---- handover

  /** What vhids enter themselves is left out: it is in their own state. */
  capture(): DemotionLedgerState {
    return this.records().flatMap(({ line, since }) => {
      if (!(line instanceof DemotionEntry)) return [];
      const { by, reason, amount, target } = line;
      const { vhids = null, group = null } = target;
      return [{ by, reason, amount, since, vhids: vhids && [...vhids], group }];
    });
  }

  /** Takes over a predecessor's ledger, of which an earlier state may have been taken over before. */
  adopt(state: DemotionLedgerState): void {
    for (const line of this.#unclaimed) this.#forget(line);
    const before = this.#adopted;
    this.#adopted = state.map(entryOf);
    const owned = this.#adopted.map((entry) => this.#lines.find(entry));
    for (const [i, entry] of this.#adopted.entries()) {
      const own = owned[i];
      if (own === undefined) {
        this.#lines.add(entry, state[i]!.since);
        this.#unclaimed.add(entry);
      } else if (KEPT.has(own.by)) {
        const former = before.find((line) => sameCause(line, entry))?.amount ?? 0;
        this.#amend(own, entry.amount - former);
      }
    }
    this.#derive();
  }

  /** The predecessor acts no more: its lines wait for their owners from now on. */
  begin(): void {
    for (const line of this.#unclaimed) if (KEPT.has(line.by)) this.#unclaimed.delete(line);
    if (this.#unclaimed.size > 0) this.#claims.reset(CLAIM_MS);
  }

  [Symbol.dispose](): void {
    this.#claims[Symbol.dispose]();
  }

  // ---- details

  #counter(group: string): DemotionLine[] {
    const on = `group ${group}`;
    return [...this.#lines.local].filter((line) => line.by === 'operator' && line.on === on);
  }

  /** @returns whether the former line was there */
  #replace(former: DemotionEntry, line: DemotionEntry): boolean {
    const since = this.#lines.since(former);
    if (!this.#forget(former)) return false;
    this.#lines.add(line, sameCause(former, line) ? since! : this.#needs.clock.now());
    const delta = line.amount - former.amount;
    if (former.on !== line.on) {
      this.#report(former, -former.amount, former.reason, true);
      this.#report(line, line.amount, line.reason);
    } else if (delta !== 0) this.#report(line, delta, line.reason, delta < 0);
    return true;
  }

  #amend(entry: DemotionEntry, delta: number): void {
    this.#unclaimed.delete(entry);
    this.#lines.amend(entry, delta);
  }

  #forget(line: DemotionLine): boolean {
    this.#unclaimed.delete(line);
    return this.#lines.delete(line);
  }

  /** @returns a predecessor's line for the same cause, which the new one replaces; its settings may weigh it otherwise */
  #claim(entered: DemotionLine): DemotionRecord | undefined {
    const same = [...this.#unclaimed].filter((line) => sameCause(line, entered));
    const line = same.find(({ amount }) => amount === entered.amount) ?? same[0];
    if (line === undefined) return undefined;
    const since = this.#lines.since(line)!;
    this.#forget(line);
    return { line, since };
  }

  #dropUnclaimed(): void {
    for (const line of this.#unclaimed) this.strike(line, 'its owner has not come back');
  }

  #derive(): number {
    const { sum } = this.#lines;
    if (this.#node === undefined) return sum;
    this.#deriving = true;
    try {
      this.#node.demotion.value = sum;
    } finally {
      this.#deriving = false;
    }
    return sum;
  }

  #report(line: DemotionLine, delta: number, reason: string, gone = false): void {
    const { log, level: verbosity } = this.#node ?? { log: this.#needs.log, level: { value: 1 } };
    const sum = this.#derive();
    const text = line.global
      ? `demoted by ${delta} to ${sum} (${reason})`
      : `${line.on}: ${gone ? 'no longer ' : ''}demoted by ${Math.abs(delta)}: ${reason}`;
    const { by, on } = line;
    const level = line.global || gone ? 'notice' : 'warning';
    if (verbosity.value > 0) log.write(level, text, { by, on, delta, reason: line.reason });
    for (const listener of this.#listeners)
      listener(sum, line.global ? delta : 0, line.global ? reason : text);
  }
}

function entryOf({ by, reason, amount, vhids, group }: DemotionLedgerState[number]): DemotionEntry {
  return new DemotionEntry(by, reason, amount, { vhids: vhids ?? undefined, group: group ?? undefined });
}
