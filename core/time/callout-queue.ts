import type { Callout, CalloutOwner } from './callout.js';

/**
 * The armed callouts of one clock: a binary heap by deadline, then by arming order. A callout knows its place.
 *
 * A callout that is armed anew for later stays where it is until that place comes up, and is then moved once to where
 * it belongs: a thousand vhids put their timeouts off each second, and nothing of the heap need be touched for it. So
 * a place (`heapDeadline`, `heapSequence`) is never later than the callout that has it, and what stands first is moved
 * before it is believed.
 */
export class CalloutQueue {
  readonly #heap: Callout[] = [];
  readonly #firstMayDiffer: () => void;
  #sequence = 0;

  /** @param firstMayDiffer called when the first deadline may have come nearer, and when no callout is left */
  constructor(firstMayDiffer: () => void = () => {}) {
    this.#firstMayDiffer = firstMayDiffer;
  }

  get size(): number {
    return this.#heap.length;
  }

  /** The callout that is due first. */
  get earliest(): Callout | undefined {
    for (;;) {
      const first = this.#heap[0];
      if (first === undefined || first.heapSequence === first.sequence) return first;
      takePlace(first);
      this.#down(first);
    }
  }

  /** Adds a callout, or moves it when it is armed already, to where its deadline puts it. */
  arm(callout: Callout): void {
    callout.sequence = ++this.#sequence;
    if (callout.heapIndex < 0) {
      callout.heapIndex = this.#heap.length;
      this.#heap.push(callout);
    } else if (callout.deadline >= callout.heapDeadline) return;
    takePlace(callout);
    this.#up(callout);
    if (callout.heapIndex === 0) this.#firstMayDiffer();
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
    if (this.#heap.length === 0) this.#firstMayDiffer();
    return true;
  }

  /**
   * Takes the first callout that is due at `now` out of the queue.
   *
   * @param armedBefore only one that was armed before this mark: a callout that re-arms itself at once waits for
   *   the next round instead of holding up this one for ever
   */
  takeDue(now: number, armedBefore = Number.POSITIVE_INFINITY): Callout | undefined {
    const first = this.earliest;
    if (first === undefined || first.deadline > now || first.sequence > armedBefore) return undefined;
    this.disarm(first);
    return first;
  }

  /** All armed callouts in the order in which they will be called; sorted for the caller. */
  inOrder(): Callout[] {
    return this.#heap.toSorted((a, b) => a.deadline - b.deadline || a.sequence - b.sequence);
  }

  /** Those that an owner made, in no order. */
  ownedBy(owner: CalloutOwner): Callout[] {
    return this.#heap.filter((callout) => callout.owner === owner);
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

/** The place is that of its deadline; the heap is still to be put in order. */
function takePlace(callout: Callout): void {
  callout.heapDeadline = callout.deadline;
  callout.heapSequence = callout.sequence;
}

function isBefore(a: Callout, b: Callout): boolean {
  if (a.heapDeadline !== b.heapDeadline) return a.heapDeadline < b.heapDeadline;
  return a.heapSequence < b.heapSequence;
}
