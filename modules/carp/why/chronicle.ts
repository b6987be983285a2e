import type { CarpModuleState } from '../handover/schema.js';
import type { CarpReason, CarpStateChange } from '../state.js';
import type { CarpVhid } from '../vhid.js';
import { evidenceText } from './evidence.js';
import type { WhyChange } from './view.js';

/** Changes of one vhid that are kept. */
const MAX_CHANGES = 16;

type ChronicleState = CarpModuleState['chronicle'];

/** The latest changes of each vhid, with what was known when they happened. A vhid's go with it. */
export class Chronicle {
  readonly #changes = new WeakMap<CarpVhid, WhyChange[]>();
  /** Of vhids that a predecessor had. */
  #former: ChronicleState;
  readonly #clock: { wallTime(): number };

  /** @param former what a predecessor has captured */
  constructor(clock: { wallTime(): number }, former: ChronicleState = {}) {
    this.#clock = clock;
    this.#former = former;
  }

  /** A vhid has changed its state just now. @returns what it was about, if that is a question */
  note(vhid: CarpVhid, change: CarpStateChange): string | undefined {
    const { evidence: heard, interval } = vhid;
    const evidence = evidenceText({ change, evidence: heard, interval });
    const { from, to, reason } = change;
    const changes = this.#known(vhid);
    this.#changes.set(vhid, changes);
    changes.unshift({ time: Math.round(this.#clock.wallTime()), from, to, reason, evidence });
    changes.length = Math.min(changes.length, MAX_CHANGES);
    return evidence;
  }

  /** The latest first. */
  of(vhid: CarpVhid): readonly WhyChange[] {
    return this.#known(vhid);
  }

  /** For a successor. */
  capture(vhids: readonly CarpVhid[]): ChronicleState {
    return Object.fromEntries(
      vhids.map((vhid) => [
        vhid.name,
        this.#known(vhid).map(({ evidence = null, ...change }) => ({ ...change, evidence })),
      ]),
    );
  }

  /** What a predecessor has captured goes before what happens here. */
  adopt(former: ChronicleState): void {
    this.#former = former;
  }

  #known(vhid: CarpVhid): WhyChange[] {
    const known = this.#changes.get(vhid);
    if (known !== undefined) return known;
    const former = Object.hasOwn(this.#former, vhid.name) ? this.#former[vhid.name]! : [];
    // One of another version may have reasons of its own: they are shown as they are.
    return former.map(({ evidence, reason, ...change }) => ({
      ...change,
      reason: reason as CarpReason,
      evidence: evidence ?? undefined,
    }));
  }
}
