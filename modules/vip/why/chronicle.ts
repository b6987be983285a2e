import type { Log } from '../../../core/log/index.js';
import type { ChronicleState } from '../handover/schema.js';
import type { VipState } from '../state.js';
import type { SeenChange } from './change.js';

/** Changes of one virtual host that are kept. */
const MAX_CHANGES = 16;
/** A new MASTER whose addresses take longer says so, in ms: Linux needs one or two for each. */
const LONG_MS = 100;

/** A transition in the words of a protocol. */
interface Change<Reason extends string> {
  readonly from: VipState;
  readonly to: VipState;
  readonly reason: Reason;
}

/** A change; `tell` fills in its evidence. */
type Entry<Reason extends string> = { -readonly [K in keyof SeenChange<Reason>]: SeenChange<Reason>[K] };

/** A change that is not told yet. */
interface Untold<V, Reason extends string> {
  readonly vip: V;
  readonly change: Change<Reason>;
  /** When it happened, on the kernel's clock in ms. */
  readonly at: number;
  readonly entry: Entry<Reason>;
}

/** What a chronicle needs. */
export interface ChronicleNeeds<V, Reason extends string> {
  readonly clock: { now(): number; wallTime(): number };
  readonly log: Log;
  /** 0 keeps it out of the log. */
  readonly level: { readonly value: number };
  /** Under which name a record of the log names the virtual host. */
  readonly key: 'vhid' | 'router';
  /** What a change was about, in words, which happened `ago` ms before; undefined where that is no question. */
  readonly evidence: (vip: V, change: Change<Reason>, ago: number) => string | undefined;
}

/** The latest changes of each virtual host of a protocol, with what was known when they happened. They go with it. */
export class Chronicle<V extends { readonly name: string }, Reason extends string> {
  readonly #changes = new WeakMap<V, Entry<Reason>[]>();
  readonly #needs: ChronicleNeeds<V, Reason>;
  /** Of virtual hosts that a predecessor had, until they change here: another one may have the name later. */
  #former = new Map<string, ChronicleState[string]>();
  /** The change noted last, until it is told. */
  #untold: Untold<V, Reason> | undefined;

  constructor(needs: ChronicleNeeds<V, Reason>) {
    this.#needs = needs;
  }

  /** The state has changed just now. */
  note(vip: V, change: Change<Reason>): void {
    // A handler of that change has caused this one.
    this.tell();
    const { from, to, reason } = change;
    const time = Math.round(this.#needs.clock.wallTime());
    const entry: Entry<Reason> = { time, from, to, reason, evidence: undefined };
    const changes = this.#known(vip);
    this.#changes.set(vip, changes);
    this.#former.delete(vip.name);
    changes.unshift(entry);
    changes.length = Math.min(changes.length, MAX_CHANGES);
    this.#untold = { vip, change, at: this.#needs.clock.now(), entry };
  }

  /**
   * Puts what the change noted last was about into words, and logs it. That takes longer than putting an address in place
   * and announcing it, which go before it.
   */
  tell(): void {
    const untold = this.#untold;
    if (untold === undefined) return;
    this.#untold = undefined;
    const { vip, change, at, entry } = untold;
    const ago = this.#needs.clock.now() - at;
    const known = [this.#needs.evidence(vip, change, ago), heldUp(change.to, ago)].filter(
      (each) => each !== undefined,
    );
    entry.evidence = known.length === 0 ? undefined : known.join('; ');
    const { log, key, level } = this.#needs;
    if (level.value === 0) return;
    const { name } = vip;
    const { from, to, reason } = change;
    log.notice(`${name}: ${from} -> ${to} (${reason})`, { [key]: name, ...change });
    const failover = from === 'MASTER' || to === 'MASTER';
    if (failover && entry.evidence !== undefined) log.notice(`${name}: ${entry.evidence}`, { [key]: name });
  }

  /** The latest first. */
  of(vip: V): readonly SeenChange<Reason>[] {
    this.tell();
    return this.#known(vip);
  }

  /** For a successor. */
  capture(vips: readonly V[]): ChronicleState {
    this.tell();
    return Object.fromEntries(
      vips.map((vip) => [
        vip.name,
        this.#known(vip).map(({ evidence = null, ...change }) => ({ ...change, evidence })),
      ]),
    );
  }

  /** What a predecessor has captured goes before what happens here. */
  adopt(former: ChronicleState): void {
    this.#former = new Map(Object.entries(former));
  }

  #known(vip: V): Entry<Reason>[] {
    const known = this.#changes.get(vip);
    if (known !== undefined) return known;
    const former = this.#former.get(vip.name) ?? [];
    // One of another version may have reasons of its own: they are shown as they are.
    return former.map(({ evidence, reason, ...change }) => ({
      ...change,
      reason: reason as Reason,
      evidence: evidence ?? undefined,
    }));
  }
}

/** Of a MASTER whose addresses were not in place at once. @param ago how long that took, in ms */
function heldUp(to: VipState, ago: number): string | undefined {
  if (to !== 'MASTER' || ago < LONG_MS) return undefined;
  return `its addresses were announced ${ago.toFixed(0)} ms later: Linux, or a handler of the change, held this process up`;
}
