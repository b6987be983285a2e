import type { Prefetched } from '../../ifnet/index.js';
import type { CarpSealState } from '../handover/schema.js';
import { MARK_MASK, marked, sequenceOf, unmarked } from './format.js';

/** Counters remembered one by one. */
const KEPT = 32;

/** What became of a counter: this host sent it, took it for good, or found its code wrong. */
export const FATE = { OWN: 1, TAKEN: 2, WRONG: 3 } as const;
export type CarpCounterFate = (typeof FATE)[keyof typeof FATE];

/**
 * The latest counters that claimed to be seals. Hosts may speak at the same moment, so the greatest sequence alone does
 * not say whether a counter was used.
 */
export class RecentCounters implements Prefetched {
  /**
   * Their words in pairs, made when the first one comes. In the place of the mark, which follows from the other bits, is
   * the fate; 0: nothing there.
   */
  #words: Uint32Array | undefined;
  #next = 0;
  /** The greatest sequence: what is above it is new. */
  #highest = -1;

  /** @param forgotten called with each that was sent or taken, and makes room */
  constructor(private readonly forgotten: (high: number, low: number) => void) {}

  /** Undefined if it is new, as far as is remembered. */
  fate(high: number, low: number): CarpCounterFate | undefined {
    const words = this.#words;
    if (words === undefined || sequenceOf(high, low) > this.#highest) return undefined;
    for (let i = 0; i < 2 * KEPT; i += 2) {
      if (((words[i + 1]! ^ low) & ~MARK_MASK) === 0 && words[i] === high) return fateIn(words[i + 1]!);
    }
    return undefined;
  }

  add(high: number, low: number, fate: CarpCounterFate): void {
    const words = (this.#words ??= new Uint32Array(2 * KEPT));
    const i = this.#next;
    const former = fateIn(words[i + 1]!);
    if (former === FATE.OWN || former === FATE.TAKEN) this.forgotten(words[i]!, words[i + 1]!);
    words[i] = high;
    words[i + 1] = unmarked(low) | fate;
    this.#next = (i + 2) % (2 * KEPT);
    this.#highest = Math.max(this.#highest, sequenceOf(high, low));
  }

  prefetch(): number {
    return Number(this.#highest + (this.#words?.[this.#next] ?? 0) > 0);
  }

  clear(): void {
    this.#words = undefined;
    this.#highest = -1;
  }

  /** Oldest first, each as three numbers: its upper word, its lower word, its fate. */
  capture(): CarpSealState['recent'] {
    const words = this.#words;
    if (words === undefined) return [];
    const kept: number[] = [];
    for (let n = 0; n < KEPT; n++) {
      const i = (this.#next + 2 * n) % (2 * KEPT);
      const high = words[i]!;
      const fate = fateIn(words[i + 1]!);
      if (fate !== undefined) kept.push(high, marked(high, words[i + 1]!), fate);
    }
    return kept;
  }

  /** Remembers what a predecessor's `capture` says, and nothing else. */
  adopt(captured: CarpSealState['recent']): void {
    this.clear();
    for (let i = 0; i < captured.length; i += 3)
      this.add(captured[i]!, captured[i + 1]!, captured[i + 2] as CarpCounterFate);
  }
}

function fateIn(low: number): CarpCounterFate | undefined {
  const fate = low & MARK_MASK;
  return fate === 0 ? undefined : (fate as CarpCounterFate);
}
