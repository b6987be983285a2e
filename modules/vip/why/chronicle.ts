import type { Log } from '../../../core/log/index.js';
import type { ChronicleState } from '../handover/schema.js';
import type { VipState } from '../state.js';
import type { SeenChange } from './change.js';

/** Changes of one virtual host that are kept. */
const MAX_CHANGES = 16;

/** A transition in the words of a protocol. */
interface Change<Reason extends string> {
  readonly from: VipState;
  readonly to: VipState;
  readonly reason: Reason;
}

/** What a chronicle needs. */
export interface ChronicleNeeds<V, Reason extends string> {
  readonly clock: { wallTime(): number };
  readonly log: Log;
  /** 0 keeps it out of the log. */
  readonly level: { readonly value: number };
  /** Under which name a record of the log names the virtual host. */
  readonly key: 'vhid' | 'router';
  /** What a change was about, in words; undefined where that is no question. */
  readonly evidence: (vip: V, change: Change<Reason>) => string | undefined;
}

/** The latest changes of each virtual host of a protocol, with what was known when they happened. They go with it. */
export class Chronicle<V extends { readonly name: string }, Reason extends string> {
  readonly #changes = new WeakMap<V, SeenChange<Reason>[]>();
  readonly #needs: ChronicleNeeds<V, Reason>;
  /** Of virtual hosts that a predecessor had, until they change here: another one may have the name later. */
  #former = new Map<string, ChronicleState[string]>();
  /** The change noted last, until it is in the log, and what a failover was about. */
  #untold:
    | { readonly vip: V; readonly change: Change<Reason>; readonly evidence: string | undefined }
    | undefined;

  constructor(needs: ChronicleNeeds<V, Reason>) {
    this.#needs = needs;
  }

  /** The state has changed just now: keeps it, with what a failover was about. */
  note(vip: V, change: Change<Reason>): void {
    // A handler of that change has caused this one.
    this.tell();
    const { clock, level } = this.#needs;
    const evidence = this.#needs.evidence(vip, change);
    const { from, to, reason } = change;
    const changes = this.#known(vip);
    this.#changes.set(vip, changes);
    this.#former.delete(vip.name);
    changes.unshift({ time: Math.round(clock.wallTime()), from, to, reason, evidence });
    changes.length = Math.min(changes.length, MAX_CHANGES);
    if (level.value === 0) return;
    const failover = from === 'MASTER' || to === 'MASTER';
    this.#untold = { vip, change, evidence: failover ? evidence : undefined };
  }

  /** Logs the change noted last. That takes as long as putting an address in place and announcing it, which go before it. */
  tell(): void {
    const untold = this.#untold;
    this.#untold = undefined;
    if (untold === undefined) return;
    const { vip, change, evidence } = untold;
    const { log, key } = this.#needs;
    const { name } = vip;
    log.notice(`${name}: ${change.from} -> ${change.to} (${change.reason})`, { [key]: name, ...change });
    if (evidence !== undefined) log.notice(`${name}: ${evidence}`, { [key]: name });
  }

  /** The latest first. */
  of(vip: V): readonly SeenChange<Reason>[] {
    return this.#known(vip);
  }

  /** For a successor. */
  capture(vips: readonly V[]): ChronicleState {
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

  #known(vip: V): SeenChange<Reason>[] {
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
