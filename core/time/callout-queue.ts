/** A callout, as the queue sees it. It keeps its place in the heap itself. */
export interface HeapEntry {
  /** When it is due. */
  readonly deadline: number;
  /** @internal Place in the queue's heap, -1 while not armed. */
  heapIndex: number;
  /** @internal When it was armed relative to others: keeps equal deadlines in order. */
  sequence: number;
}

/** Children of a place: their deadlines stand side by side in memory, and the heap is half as deep as with two. */
const CHILDREN = 4;
/** Places that there is room for at first. */
const FIRST_ROOM = 64;

/**
 * The armed callouts of one clock: a heap by deadline, then by arming order. A callout knows its place.
 *
 * What a place was chosen by stands in arrays beside the heap. Comparing the callouts themselves would fetch them from
 * memory one by one: with the thousand vhids of a MASTER, whose advertisements are due together, that was a tenth of all
 * its work.
 *
 * A callout that is armed anew for later stays where it is until that place comes up, and is then moved once to where
 * it belongs: a thousand vhids put their timeouts off each second, and nothing of the heap need be touched for it. So a
 * place is never later than the callout that has it, and what stands first is moved before it is believed.
 */
export class CalloutQueue<Entry extends HeapEntry> {
  readonly #heap: Entry[] = [];
  /** The deadlines that the places were chosen by: those of their callouts, or earlier ones that these had before. */
  #deadlines = new Float64Array(FIRST_ROOM);
  /** The sequences that they were chosen by. */
  #sequences = new Float64Array(FIRST_ROOM);
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
      if (first === undefined || this.#sequences[0] === first.sequence) return first;
      this.#down(0, first, first.deadline, first.sequence);
    }
  }

  /** Adds a callout, or moves it when it is armed already, to where its deadline puts it. */
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

  /** @returns a new place, the last one */
  #append(callout: Entry): number {
    const place = this.#heap.push(callout) - 1;
    if (place === this.#deadlines.length) {
      this.#deadlines = doubled(this.#deadlines);
      this.#sequences = doubled(this.#sequences);
    }
    return place;
  }

  /** Puts a callout into a gap, or where the order wants it from there on. */
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

  /** The place of the child that is due first; -1: there is none. */
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

  /** @returns the place that is free by it */
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
