/** A callout, as the queue sees it. It stores its place, the index in the heap. */
export interface HeapEntry {
  /** When it is due. */
  readonly deadline: number;
  /** @internal Place in the queue's heap, -1 while not armed. */
  heapIndex: number;
  /** @internal When it was armed relative to others: keeps equal deadlines in order. */
  sequence: number;
}

/** Children of a place: their keys are adjacent in memory, and the heap is half as deep as a binary one. */
const CHILDREN = 4;
/** Initial capacity, in places. */
const FIRST_ROOM = 64;

/**
 * The armed callouts of one clock: a 4-ary heap, by deadline, then by the order of arming.
 *
 * The keys of the heap, deadline and sequence, are in arrays beside it. Comparing the callouts themselves would fetch them
 * from memory one by one: on a MASTER of a thousand vhids, whose advertisements are due together, that was a tenth of all
 * work.
 *
 * A callout that is re-armed for later keeps its place under its old key, until that reaches the root; `earliest` then
 * moves it once, to where it belongs. A thousand vhids put off their timeouts each second, which leaves the heap
 * untouched. So a key is never later than its callout, and the root's may be stale: `earliest` compares the two first. But
 * for a callout that is due and armed too late to be taken: its key is the present, behind all others that are due.
 */
export class CalloutQueue<Entry extends HeapEntry> {
  readonly #heap: Entry[] = [];
  /** Deadlines by place: that of the callout, or an earlier one that it had before. */
  #deadlines = new Float64Array(FIRST_ROOM);
  /** Sequences by place; one that is not the callout's marks a stale key. */
  #sequences = new Float64Array(FIRST_ROOM);
  readonly #firstMayDiffer: () => void;
  #sequence = 0;

  /** @param firstMayDiffer called when the earliest deadline may have moved closer, and when no callout is left */
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
      if (first === undefined || this.#sequences[0] === first.sequence) return first;
      this.#down(0, first, first.deadline, first.sequence);
    }
  }

  /** Adds a callout, or re-arms one that is queued already. */
  arm(callout: Entry): void {
    callout.sequence = ++this.#sequence;
    const { deadline, heapIndex, sequence } = callout;
    if (heapIndex >= 0 && deadline >= this.#deadlines[heapIndex]!) return;
    this.#up(heapIndex < 0 ? this.#append(callout) : heapIndex, callout, deadline, sequence);
    if (callout.heapIndex === 0) this.#firstMayDiffer();
  }

  /** @returns whether the callout was armed */
  disarm(callout: Entry): boolean {
    const gap = callout.heapIndex;
    if (gap < 0) return false;
    callout.heapIndex = -1;
    const last = this.#heap.pop()!;
    const { length } = this.#heap;
    if (last !== callout) this.#fill(gap, last, this.#deadlines[length]!, this.#sequences[length]!);
    if (length === 0) this.#firstMayDiffer();
    return true;
  }

  /**
   * Removes the earliest callout, if it is due at `now`.
   *
   * @param armedBefore a mark: a callout armed after it is not taken. So one that re-arms itself with no delay waits for the
   *   next round, and cannot keep this one going for ever; nor can one that re-arms itself for the past keep back the others
   */
  takeDue(now: number, armedBefore = Number.POSITIVE_INFINITY): Entry | undefined {
    for (;;) {
      const first = this.earliest;
      if (first === undefined || first.deadline > now) return undefined;
      if (first.sequence <= armedBefore) {
        this.disarm(first);
        return first;
      }
      if (this.#deadlines[0]! >= now) return undefined;
      this.#down(0, first, now, first.sequence);
    }
  }

  /** All armed callouts in the order in which they will be called; sorts a copy. */
  inOrder(): Entry[] {
    return this.#heap.toSorted((a, b) => a.deadline - b.deadline || a.sequence - b.sequence);
  }

  /** The armed callouts that `of` accepts, in no particular order. */
  filter(of: (callout: Entry) => boolean): Entry[] {
    return this.#heap.filter(of);
  }

  /** A mark for {@link takeDue}, after everything armed so far. */
  get mark(): number {
    return this.#sequence;
  }

  /** @returns the callout's place, the last one */
  #append(callout: Entry): number {
    const place = this.#heap.push(callout) - 1;
    if (place === this.#deadlines.length) {
      this.#deadlines = doubled(this.#deadlines);
      this.#sequences = doubled(this.#sequences);
    }
    return place;
  }

  /** Fills a gap with a callout, which rises or sinks from there to where its key belongs. */
  #fill(gap: number, callout: Entry, deadline: number, sequence: number): void {
    const rises = gap > 0 && this.#isLater(parentOf(gap), deadline, sequence);
    if (rises) this.#up(gap, callout, deadline, sequence);
    else this.#down(gap, callout, deadline, sequence);
  }

  #up(from: number, callout: Entry, deadline: number, sequence: number): void {
    let gap = from;
    while (gap > 0 && this.#isLater(parentOf(gap), deadline, sequence)) gap = this.#move(parentOf(gap), gap);
    this.#place(gap, callout, deadline, sequence);
  }

  #down(from: number, callout: Entry, deadline: number, sequence: number): void {
    let gap = from;
    for (;;) {
      const child = this.#firstChild(gap);
      if (child < 0 || this.#isLater(child, deadline, sequence)) break;
      gap = this.#move(child, gap);
    }
    this.#place(gap, callout, deadline, sequence);
  }

  /** The place of the child that is due first; -1 if there is no child. */
  #firstChild(place: number): number {
    const from = CHILDREN * place + 1;
    const end = Math.min(from + CHILDREN, this.#heap.length);
    let first = from < end ? from : -1;
    for (let child = from + 1; child < end; child++)
      if (this.#isLater(first, this.#deadlines[child]!, this.#sequences[child]!)) first = child;
    return first;
  }

  #isLater(place: number, deadline: number, sequence: number): boolean {
    const other = this.#deadlines[place]!;
    return other > deadline || (other === deadline && this.#sequences[place]! > sequence);
  }

  /** Moves what is at one place to another. @returns the place that is now free */
  #move(from: number, to: number): number {
    this.#place(to, this.#heap[from]!, this.#deadlines[from]!, this.#sequences[from]!);
    return from;
  }

  #place(place: number, callout: Entry, deadline: number, sequence: number): void {
    this.#heap[place] = callout;
    this.#deadlines[place] = deadline;
    this.#sequences[place] = sequence;
    callout.heapIndex = place;
  }
}

function parentOf(place: number): number {
  return Math.floor((place - 1) / CHILDREN);
}

function doubled(array: Float64Array): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(2 * array.length);
  larger.set(array);
  return larger;
}
