import type { CarpStateChange } from '../state.js';
import type { CarpVhid } from '../vhid.js';
import { evidenceText } from './evidence.js';
import type { WhyChange } from './view.js';

/** Changes of one vhid that are kept. */
const MAX_CHANGES = 16;

/** The latest changes of each vhid, with what was known when they happened. A vhid's go with it. */
export class Chronicle {
  readonly #changes = new WeakMap<CarpVhid, WhyChange[]>();
  readonly #clock: { wallTime(): number };

  constructor(clock: { wallTime(): number }) {
    this.#clock = clock;
  }

  /** A vhid has changed its state just now. @returns what it was about, if that is a question */
  note(vhid: CarpVhid, change: CarpStateChange): string | undefined {
    const { evidence: heard, interval } = vhid;
    const evidence = evidenceText({ change, evidence: heard, interval });
    const { from, to, reason } = change;
    const changes = this.#changes.get(vhid) ?? [];
    this.#changes.set(vhid, changes);
    changes.unshift({ time: Math.round(this.#clock.wallTime()), from, to, reason, evidence });
    changes.length = Math.min(changes.length, MAX_CHANGES);
    return evidence;
  }

  /** The latest first. */
  of(vhid: CarpVhid): readonly WhyChange[] {
    return this.#changes.get(vhid) ?? [];
  }
}
