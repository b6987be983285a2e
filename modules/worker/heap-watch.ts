/**
 * @module
 * Ends a thread before its heap is full: Node 24 and 26 may end the process instead of the thread when V8's own limit is
 * met. So that limit lies above the documented one, and the heap is polled from outside, more often the fuller it is.
 *
 * What is polled counts garbage too: V8 lets the old generation grow to about 1.4 times what lives in it, in larger heaps
 * to halfway between that and its limit, and there is the young generation besides. More than the bound here means that
 * more than `memoryMb` is alive. The reserve above it is for what comes between two polls: an array that grows needs room
 * for one and a half times itself while the old one is still there.
 */
import { Worker } from 'node:worker_threads';
import type { Callout, Clock } from '../../core/index.js';
import type { WorkerLimits } from './options.js';

const MIB = 1024 * 1024;
const MAX_YOUNG_MIB = 16;
/** Up to that, MiB, the reserve is for an array that fills the heap. */
const MAX_SMALL_MIB = 256;
const MAX_SMALL_RESERVE_MIB = 512;
/** What a heap grows by at most, MiB each millisecond: 0.3 were measured. */
const GROWTH_MIB_PER_MS = 0.4;
const MIN_POLL_MS = 5;
const MAX_POLL_MS = 1_000;
const START_POLL_MS = 50;

/** As much of Node 22.16's Worker as is used here; the types are those of Node 20. */
export interface HeapOwner {
  getHeapStatistics?(): Promise<{ readonly used_heap_size: number }>;
}

/** V8's limits for a thread whose live data may take so much. */
export function heapLimits(limits: WorkerLimits, polled = canPoll()) {
  const { memoryMb } = limits;
  return {
    maxOldGenerationSizeMb: polled ? boundMib(limits) + reserveMib(limits) : memoryMb,
    maxYoungGenerationSizeMb: Math.min(MAX_YOUNG_MIB, memoryMb),
  };
}

/** What a heap whose live data is within the limit never exceeds, garbage included. */
function boundMib({ memoryMb }: WorkerLimits): number {
  return memoryMb * 1.5 + 2 * MAX_YOUNG_MIB;
}

function reserveMib(limits: WorkerLimits): number {
  const { memoryMb } = limits;
  return memoryMb > MAX_SMALL_MIB ? memoryMb / 2 : Math.min(boundMib(limits) * 1.5, MAX_SMALL_RESERVE_MIB);
}

/** Before Node 22.16 it cannot be polled, and V8 keeps its limit. */
function canPoll(): boolean {
  return typeof (Worker.prototype as HeapOwner).getHeapStatistics === 'function';
}

/** Polls the heap of one thread. */
export class HeapWatch implements Disposable {
  readonly #owner: HeapOwner;
  readonly #maxMib: number;
  readonly #exceeded: () => void;
  readonly #poll: Callout;
  #over = false;

  /** @param exceeded is called once, when more is in the heap than may be */
  constructor(owner: HeapOwner, limits: WorkerLimits, clock: Clock, exceeded: () => void) {
    this.#owner = owner;
    this.#maxMib = boundMib(limits);
    this.#exceeded = exceeded;
    this.#poll = clock.callout('worker heap', () => void this.#look());
    if (canPoll()) this.#poll.reset(MIN_POLL_MS);
  }

  [Symbol.dispose](): void {
    this.#over = true;
    this.#poll[Symbol.dispose]();
  }

  /** A thread that does not answer is not asked twice: the pulse sees to those. */
  async #look(): Promise<void> {
    const statistics = await this.#owner.getHeapStatistics?.().catch(() => undefined);
    if (this.#over) return;
    // It is not running yet, or not any more.
    if (statistics === undefined) return this.#poll.reset(START_POLL_MS);
    const left = this.#maxMib - statistics.used_heap_size / MIB;
    if (left < 0) return this.#exceeded();
    this.#poll.reset(Math.min(Math.max(left / GROWTH_MIB_PER_MS, MIN_POLL_MS), MAX_POLL_MS));
  }
}
