/** A callout, as the queue sees it. It keeps its place in the heap itself. */
export interface HeapEntry {
  /** When it is due. */
  readonly deadline: number;
  /** @internal Place in the queue's heap, -1 while not armed. */
  heapIndex: number;
  /** @internal The deadline its place in the heap was chosen by: its own, or an earlier one that it had before. */
  heapDeadline: number;
  /** @internal The `sequence` its place was chosen by. */
  heapSequence: number;
  /** @internal When it was armed relative to others: keeps equal deadlines in order. */
  sequence: number;
}

/**
 * The armed callouts of one clock: a binary heap by deadline, then by arming order. A callout knows its place.
 *
 * A callout that is armed anew for later stays where it is until that place comes up, and is then moved once to where
 * it belongs: a thousand vhids put their timeouts off each second, and nothing of the heap need be touched for it. So
 * a place (`heapDeadline`, `heapSequence`) is never later than the callout that has it, and what stands first is moved
 * before it is believed.
 */
export class CalloutQueue<Entry extends HeapEntry> {
  readonly #heap: Entry[] = [];
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
  get earliest(): Entry | undefined {
    for (;;) {
      const first = this.#heap[0];
      if (first === undefined || first.heapSequence === first.sequence) return first;
      takePlace(first);
      this.#down(first);
    }
  }

  /** Adds a callout, or moves it when it is armed already, to where its deadline puts it. */
  arm(callout: Entry): void {
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
  disarm(callout: Entry): boolean {
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
  takeDue(now: number, armedBefore = Number.POSITIVE_INFINITY): Entry | undefined {
    const first = this.earliest;
    if (first === undefined || first.deadline > now || first.sequence > armedBefore) return undefined;
    this.disarm(first);
    return first;
  }

  /** All armed callouts in the order in which they will be called; sorted for the caller. */
  inOrder(): Entry[] {
    return this.#heap.toSorted((a, b) => a.deadline - b.deadline || a.sequence - b.sequence);
  }

  /** The armed callouts that `of` chooses, in no order. */
  filter(of: (callout: Entry) => boolean): Entry[] {
    return this.#heap.filter(of);
  }

  /** A mark for {@link takeDue}: everything armed so far. */
  get mark(): number {
    return this.#sequence;
  }

  #up(callout: Entry): void {
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

  #down(callout: Entry): void {
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

  #place(callout: Entry, index: number): void {
    this.#heap[index] = callout;
    callout.heapIndex = index;
  }
}

/** The place is that of its deadline; the heap is still to be put in order. */
function takePlace(callout: HeapEntry): void {
  callout.heapDeadline = callout.deadline;
  callout.heapSequence = callout.sequence;
}

function isBefore(a: HeapEntry, b: HeapEntry): boolean {
  if (a.heapDeadline !== b.heapDeadline) return a.heapDeadline < b.heapDeadline;
  return a.heapSequence < b.heapSequence;
}
