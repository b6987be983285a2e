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
import type { Callout, Clock } from '../../../core/time/index.js';
import { CARP_MAXSKEW, type CarpDemotable } from '../../carp/demotion/demotion.js';
import type { CarpLedgerState } from '../../carp/handover/schema.js';
import type { CarpDemotionStatus } from '../../carp/status.js';
import type { CarpTunables } from '../../carp/tunables.js';
import {
  CarpDemotionEntry,
  type CarpDemotionLine,
  type CarpDemotionRequest,
  type CarpDemotionTarget,
  checkRequest,
} from './line.js';
import { CarpDemotionLines, sameCause } from './lines.js';
import { type CarpLedgerRecord, recordStatus } from './records.js';

/** Owners whose lines stand for themselves: no owner enters them again after a handover. */
const KEPT: ReadonlySet<string> = new Set(['sysctl', 'operator', 'program', 'drain']);
/** A successor's modules have started, and their checks have run, long before. */
const CLAIM_MS = 60_000;
/** What one step of an OpenBSD counter weighs. */
const STEP = CARP_MAXSKEW;

/** What the ledger needs. */
export interface CarpLedgerNeeds {
  readonly clock: Clock;
  readonly log: Log;
  readonly tunables: Pick<CarpTunables, 'demotion' | 'log'>;
  /** Called after each change, so that every MASTER advertises at once. */
  readonly changed: (demotion: number, delta: number, reason: string) => void;
}

/** All that demotes this host or a part of it. */
export class CarpLedger {
  readonly #needs: CarpLedgerNeeds;
  readonly #lines = new CarpDemotionLines();
  /** Of a predecessor, not entered again yet. */
  readonly #unclaimed = new Set<CarpDemotionLine>();
  readonly #claims: Callout;
  /** What a predecessor said last. */
  #adopted: readonly CarpDemotionEntry[] = [];
  /** The sum is being written by the ledger itself. */
  #deriving = false;

  constructor(needs: CarpLedgerNeeds) {
    this.#needs = needs;
    this.#claims = needs.clock.callout('carp demotion claims', () => this.#dropUnclaimed());
    needs.tunables.demotion.onChange((value, old) => {
      if (!this.#deriving) this.adjust('sysctl', value - old, 'sysctl');
    });
  }

  /** Every line, in the order of their entry. */
  records(): CarpLedgerRecord[] {
    return this.#lines.records();
  }

  /** Every line for programs. */
  status(): CarpDemotionStatus[] {
    const now = this.#needs.clock.now();
    return this.records().map((record) => recordStatus(record, now));
  }

  /** The lines that demote this vhid. */
  concerning(vhid: CarpDemotable): CarpLedgerRecord[] {
    return this.records().filter(({ line }) => line.global || line.concerns(vhid));
  }

  /** What demotes this vhid apart from net.inet.carp.demotion. */
  local(vhid: CarpDemotable): number {
    return this.#lines.localSum(vhid);
  }

  /** Why this vhid is demoted apart from net.inet.carp.demotion. */
  reasons(vhid: CarpDemotable): string[] {
    const local = [...this.#lines.local].filter((line) => line.concerns(vhid));
    return local.map(({ on, reason }) => (on === vhid.name ? reason : `${on}: ${reason}`));
  }

  /**
   * Enters a line until the result is disposed of, or the scope that it names closes.
   * @throws CarpError EINVAL
   */
  request(request: CarpDemotionRequest): Disposable {
    checkRequest(request);
    const { by, reason, amount, vhids, group } = request;
    const [scope, name] = typeof by === 'string' ? [undefined, by] : [by, by.name];
    const entry = new CarpDemotionEntry(name, reason, amount, { vhids, group });
    const entered = {
      [Symbol.dispose]: () => {
        scope?.disown(entered);
        this.strike(entry, reason);
      },
    };
    scope?.own(entered);
    this.enter(entry);
    return entered;
  }

  /** Enters a line that its owner keeps. @param since when its cause began, on the kernel's clock in ms */
  enter(line: CarpDemotionLine, since = this.#needs.clock.now()): void {
    const former = this.#claim(line);
    this.#lines.add(line, former?.since ?? since);
    const delta = line.amount - (former?.line.amount ?? 0);
    if (former === undefined || delta !== 0) this.#report(line, delta, line.reason);
  }

  /** As `enter`, for what demoted a predecessor: no news. */
  inherit(line: CarpDemotionLine): void {
    this.#lines.add(line, this.#needs.clock.now());
    this.#derive();
  }

  /** As `strike`, for what another line replaces: no news. */
  withdraw(line: CarpDemotionLine): void {
    this.#forget(line);
    this.#derive();
  }

  /** Takes a line out; a no-op if it is not in. @param why for the log */
  strike(line: CarpDemotionLine, why: string): void {
    if (this.#forget(line)) this.#report(line, -line.amount, why, true);
  }

  /**
   * FreeBSD's carp_demote_adj, with a line per owner and reason: adds `delta`, which may be negative, to that line. A line
   * of 0 goes.
   */
  adjust(by: string, delta: number, reason: string, target: CarpDemotionTarget = {}): void {
    if (delta === 0) return;
    const wanted = new CarpDemotionEntry(by, reason, delta, target);
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
  capture(): CarpLedgerState {
    return this.records().flatMap(({ line, since }) => {
      if (!(line instanceof CarpDemotionEntry)) return [];
      const { by, reason, amount, target } = line;
      const { vhids = null, group = null } = target;
      return [{ by, reason, amount, since, vhids: vhids && [...vhids], group }];
    });
  }

  /** Takes over a predecessor's ledger, of which an earlier state may have been taken over before. */
  adopt(state: CarpLedgerState): void {
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

  // ---- details

  #counter(group: string): CarpDemotionLine[] {
    const on = `group ${group}`;
    return [...this.#lines.local].filter((line) => line.by === 'operator' && line.on === on);
  }

  #amend(entry: CarpDemotionEntry, delta: number): void {
    this.#unclaimed.delete(entry);
    this.#lines.amend(entry, delta);
  }

  #forget(line: CarpDemotionLine): boolean {
    this.#unclaimed.delete(line);
    return this.#lines.delete(line);
  }

  /** @returns a predecessor's line for the same cause, which the new one replaces; its settings may weigh it otherwise */
  #claim(entered: CarpDemotionLine): CarpLedgerRecord | undefined {
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
    this.#deriving = true;
    try {
      this.#needs.tunables.demotion.value = sum;
    } finally {
      this.#deriving = false;
    }
    return sum;
  }

  #report(line: CarpDemotionLine, delta: number, reason: string, gone = false): void {
    const { log, tunables, changed } = this.#needs;
    const sum = this.#derive();
    const text = line.global
      ? `demoted by ${delta} to ${sum} (${reason})`
      : `${line.on}: ${gone ? 'no longer ' : ''}demoted by ${Math.abs(delta)}: ${reason}`;
    const { by, on } = line;
    const level = line.global || gone ? 'notice' : 'warning';
    if (tunables.log.value > 0) log.write(level, text, { by, on, delta, reason: line.reason });
    changed(sum, line.global ? delta : 0, line.global ? reason : text);
  }
}

function entryOf({ by, reason, amount, vhids, group }: CarpLedgerState[number]): CarpDemotionEntry {
  return new CarpDemotionEntry(by, reason, amount, { vhids: vhids ?? undefined, group: group ?? undefined });
}
