import type { Callout, Clock } from '../../../core/time/index.js';
import type { FaultState } from '../handover/schema.js';
import type { VipState } from '../state.js';
import type { Demotable } from './demotable.js';
import type { DemotionLedger } from './ledger.js';
import type { DemotionLine } from './line.js';

/** As BACKUP a vhid cannot find out whether a fault is gone; after this time it is taken to be. */
const HOLD_MS = 10_000;
/** The longest hold: it doubles each time the fault turns out to be there still. */
const MAX_HOLD_MS = 600_000;

/** The vhid that has the fault. */
export interface FaultOwner {
  readonly name: string;
  readonly state: VipState;
}

/** What it needs of the kernel. `protocol`: the owner of its line in the ledger. */
export interface FaultNeeds {
  readonly clock: Clock;
  readonly demotion: DemotionLedger;
  readonly protocol: string;
}

/** What kind of fault it is. */
export interface FaultKind {
  /** Added to the demotion. */
  amount(): number;
  /** Which vhids it demotes. */
  concerns(vhid: Demotable): boolean;
  /** Whether the cause may be gone; false keeps a BACKUP demoted. */
  mayBeGone(): boolean;
}

/**
 * A fault that makes a vhid a bad MASTER. It demotes until it is gone. A MASTER finds that out by itself. On a BACKUP the
 * demotion is lifted after a while, and the fault is suspected: so two hosts that both have it cannot take over from one
 * another fast.
 */
export class Fault implements DemotionLine, Disposable {
  readonly by: string;
  readonly global = false;
  readonly shared = true;
  readonly #owner: FaultOwner;
  readonly #demotion: DemotionLedger;
  readonly #kind: FaultKind;
  readonly #clock: Clock;
  readonly #label: string;
  /** Made when it is first needed: most vhids have no fault. */
  #timer: Callout | undefined;
  #reason: string | undefined;
  #raised = false;
  #holdMs = HOLD_MS;

  /** @param label for the callout, `cannot send` and the like */
  constructor(owner: FaultOwner, { clock, demotion, protocol }: FaultNeeds, label: string, kind: FaultKind) {
    this.#owner = owner;
    this.by = protocol;
    this.#demotion = demotion;
    this.#kind = kind;
    this.#clock = clock;
    this.#label = label;
  }

  get #lift(): Callout {
    return (this.#timer ??= this.#clock.callout(`${this.by} ${this.on} ${this.#label}`, () =>
      this.#expire(),
    ));
  }

  /** The vhid that reports it: it may demote others too. */
  get on(): string {
    return this.#owner.name;
  }

  get reason(): string {
    return this.#reason ?? '';
  }

  get amount(): number {
    return this.#kind.amount();
  }

  concerns(vhid: Demotable): boolean {
    return this.#kind.concerns(vhid);
  }

  /** It demotes. */
  get raised(): boolean {
    return this.#raised;
  }

  /** It was there, and nothing has shown that it is gone. */
  get suspected(): boolean {
    return this.#reason !== undefined;
  }

  /** It is there. @returns whether that is news */
  raise(reason: string): boolean {
    const again = this.suspected;
    this.#reason = reason;
    if (this.#raised) return false;
    this.#raised = true;
    this.#holdMs = again ? Math.min(2 * this.#holdMs, MAX_HOLD_MS) : HOLD_MS;
    this.#demotion.enter(this);
    this.follow();
    return true;
  }

  /** It is gone, or the vhid is. @returns whether that is news */
  clear(why: string): boolean {
    if (!this.suspected) return false;
    this.#stop(why);
    this.#reason = undefined;
    return true;
  }

  /** The state of the vhid may have changed. */
  follow(): void {
    if (!this.#raised || this.#owner.state === 'MASTER') this.#timer?.stop();
    else if (!this.#lift.pending) this.#lift.reset(this.#holdMs);
  }

  capture(): FaultState {
    const lift = this.#timer?.pending === true ? this.#timer.deadline : null;
    return { reason: this.#reason ?? null, raised: this.#raised, holdMs: this.#holdMs, lift };
  }

  /** Goes on demoting as a predecessor did; nothing is reported. For a new fault only. */
  adopt({ reason, raised, holdMs, lift }: FaultState): void {
    this.#reason = reason ?? undefined;
    this.#raised = raised;
    this.#holdMs = holdMs;
    if (raised) this.#demotion.inherit(this);
    if (lift !== null) this.#lift.resetAt(lift);
  }

  /** Leaves the demotion to a successor, whose own line replaces this one: nothing is reported. */
  give(): void {
    this.#timer?.stop();
    this.#raised = false;
    this.#reason = undefined;
    this.#demotion.withdraw(this);
  }

  [Symbol.dispose](): void {
    this.clear('removed');
    this.#timer?.[Symbol.dispose]();
  }

  #expire(): void {
    if (this.#kind.mayBeGone()) this.#stop('to be tried again');
    else this.#lift.reset(this.#holdMs);
  }

  #stop(why: string): void {
    this.#timer?.stop();
    if (!this.#raised) return;
    this.#raised = false;
    this.#demotion.strike(this, why);
  }
}
