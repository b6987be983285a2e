import type { Callout } from './callout.js';

/**
 * The armed callouts of one clock: a binary heap by deadline, then by arming order. A callout knows its place, so
 * that re-arming and stopping cost O(log n) and allocate nothing; a thousand vhids re-arm theirs each second.
 */
export class CalloutQueue {
  readonly #heap: Callout[] = [];
  readonly #earliestChanged: () => void;
  #sequence = 0;

  /** @param earliestChanged called after any change of which callout is due first, or when */
  constructor(earliestChanged: () => void = () => {}) {
    this.#earliestChanged = earliestChanged;
  }

  get size(): number {
    return this.#heap.length;
  }

  /** The callout that is due first. */
  get earliest(): Callout | undefined {
    return this.#heap[0];
  }

  /** Adds a callout, or moves it when it is armed already, to where its deadline puts it. */
  arm(callout: Callout): void {
    const before = this.#heap[0];
    callout.sequence = ++this.#sequence;
    if (callout.heapIndex < 0) {
      callout.heapIndex = this.#heap.length;
      this.#heap.push(callout);
    }
    this.#up(callout);
    this.#down(callout);
    if (this.#heap[0] === callout || before === callout) this.#earliestChanged();
  }

  /** @returns whether the callout was armed */
  disarm(callout: Callout): boolean {
    const index = callout.heapIndex;
    if (index < 0) return false;
    const last = this.#heap.pop()!;
    callout.heapIndex = -1;
    if (last !== callout) {
      this.#place(last, index);
      this.#up(last);
      this.#down(last);
    }
    if (index === 0) this.#earliestChanged();
    return true;
  }

  /**
   * Takes the first callout that is due at `now` out of the queue.
   *
   * @param armedBefore only one that was armed before this mark: a callout that re-arms itself at once waits for
   *   the next round instead of holding up this one for ever
   */
  takeDue(now: number, armedBefore = Number.POSITIVE_INFINITY): Callout | undefined {
    const first = this.#heap[0];
    if (first === undefined || first.deadline > now || first.sequence > armedBefore) return undefined;
    this.disarm(first);
    return first;
  }

  /** A mark for {@link takeDue}: everything armed so far. */
  get mark(): number {
    return this.#sequence;
  }

  #up(callout: Callout): void {
    for (;;) {
      const index = callout.heapIndex;
      if (index === 0) return;
      const parentIndex = (index - 1) >> 1;
      const parent = this.#heap[parentIndex]!;
      if (!isBefore(callout, parent)) return;
      this.#place(parent, index);
      this.#place(callout, parentIndex);
    }
  }

  #down(callout: Callout): void {
    for (;;) {
      const index = callout.heapIndex;
      const left = this.#heap[2 * index + 1];
      if (left === undefined) return;
      const right = this.#heap[2 * index + 2];
      const child = right !== undefined && isBefore(right, left) ? right : left;
      if (!isBefore(child, callout)) return;
      const childIndex = child.heapIndex;
      this.#place(child, index);
      this.#place(callout, childIndex);
    }
  }

  #place(callout: Callout, index: number): void {
    this.#heap[index] = callout;
    callout.heapIndex = index;
  }
}

function isBefore(a: Callout, b: Callout): boolean {
  return a.deadline < b.deadline || (a.deadline === b.deadline && a.sequence < b.sequence);
}
