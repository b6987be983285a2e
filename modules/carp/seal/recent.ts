import type { CarpSealState } from '../handover/schema.js';

/** Counters remembered one by one. */
const KEPT = 32;

/** What became of a counter: this host sent it, took it for good, or found its code wrong. */
export const FATE = { OWN: 1, TAKEN: 2, WRONG: 3 } as const;
export type CarpCounterFate = (typeof FATE)[keyof typeof FATE];

interface Slots {
  readonly high: Uint32Array;
  readonly low: Uint32Array;
  /** 0: nothing there. */
  readonly fate: Uint8Array;
}

/**
 * The latest counters that claimed to be seals. Hosts may speak at the same moment, so the greatest sequence alone does
 * not say whether a counter was used.
 */
export class RecentCounters {
  /** Made when the first one comes. */
  #slots: Slots | undefined;
  #next = 0;
  /** The greatest upper word: what is above it is new. */
  #highest = -1;

  /** @param forgotten called with each that was sent or taken, and makes room */
  constructor(private readonly forgotten: (high: number, low: number) => void) {}

  /** Undefined if it is new, as far as is remembered. */
  fate(high: number, low: number): CarpCounterFate | undefined {
    const slots = this.#slots;
    if (slots === undefined || high > this.#highest) return undefined;
    for (let i = 0; i < KEPT; i++) {
      if (slots.low[i] === low && slots.high[i] === high && slots.fate[i] !== 0)
        return slots.fate[i] as CarpCounterFate;
    }
    return undefined;
  }

  add(high: number, low: number, fate: CarpCounterFate): void {
    const slots = (this.#slots ??= {
      high: new Uint32Array(KEPT),
      low: new Uint32Array(KEPT),
      fate: new Uint8Array(KEPT),
    });
    const i = this.#next;
    const former = slots.fate[i];
    if (former === FATE.OWN || former === FATE.TAKEN) this.forgotten(slots.high[i]!, slots.low[i]!);
    slots.high[i] = high;
    slots.low[i] = low;
    slots.fate[i] = fate;
    this.#next = (i + 1) % KEPT;
    if (high > this.#highest) this.#highest = high;
  }

  clear(): void {
    this.#slots = undefined;
    this.#highest = -1;
  }

  /** Oldest first. */
  capture(): CarpSealState['recent'] {
    const slots = this.#slots;
    if (slots === undefined) return [];
    const order = Array.from({ length: KEPT }, (_, i) => (this.#next + i) % KEPT);
    return order
      .filter((i) => slots.fate[i] !== 0)
      .map((i) => ({ high: slots.high[i]!, low: slots.low[i]!, fate: slots.fate[i] as CarpCounterFate }));
  }
}
