import { ALIVE, DEAD, type Entry, FRESH, GONE } from './entry.js';
import { RunawayError } from './errors.js';

/**
 * The entries of a list in the order of their priority, the older first among equals (S4), and the dispatches that
 * are under way in it.
 *
 * A doubly linked list as in the C code: measured faster here than arrays, and an entry added behind a running dispatch
 * is seen by it with no extra work. What is removed during a dispatch is only marked; it is unlinked when the stack is
 * empty and no dispatch waits at it.
 */
export class EntryList {
  protected head: Entry | null = null;
  protected tail: Entry | null = null;
  /** Live entries. */
  protected count = 0;

  /**
   * Plain dispatches that have begun, and those that have ended: the difference are on the stack. An asynchronous one
   * takes one from `ended` while it is on the stack, and gives it back while it waits.
   */
  protected started = 0;
  protected ended = 0;
  /** Dispatches off the stack, each waiting for a promise. */
  protected waiting = 0;
  /** There is something to settle when the stack is empty. */
  protected dirty = false;
  /** Marked dead and still linked. */
  protected graves: Entry[] = [];
  /** Registrations since the stack was last empty. */
  #born = 0;

  constructor(readonly name: string) {}

  /** Dispatches on the stack. */
  protected get depth(): number {
    return this.started - this.ended;
  }

  /** An asynchronous dispatch enters the stack. */
  protected enter(): void {
    this.ended--;
  }

  /** A dispatch leaves the stack. */
  protected leave(): void {
    this.ended++;
    if (this.dirty && this.ended === this.started) this.settle();
  }

  /** @throws RunawayError when a dispatch that feeds itself has registered `limit` handlers */
  protected link(entry: Entry, limit: number): void {
    if (this.started === this.ended) {
      entry.calls = -this.started;
    } else {
      if (++this.#born > limit) throw RunawayError.registrations(this.name, entry.name, limit);
      entry.state = FRESH;
      this.dirty = true;
    }
    this.#insert(entry);
    this.count++;
  }

  /** Marks the entry dead, and unlinks it when no dispatch can be standing on it. @returns whether it was alive */
  protected bury(entry: Entry): boolean {
    if (entry.state > FRESH) return false;
    if (entry.state === ALIVE) entry.calls += this.started;
    this.count--;
    if (this.started === this.ended && !entry.parked) {
      this.#unlink(entry);
      return true;
    }
    entry.state = DEAD;
    this.graves.push(entry);
    this.dirty = true;
    return true;
  }

  /** eventhandler_prune_list: unlinks the dead. A no-op during a dispatch. @returns how many were unlinked */
  prune(): number {
    const { graves } = this;
    if (this.depth > 0 || graves.length === 0) return 0;
    this.graves = graves.filter((entry) => entry.parked);
    for (const entry of graves) {
      if (entry.parked) continue;
      this.#unlink(entry);
      if (entry.inflight === 0) entry.flight?.release();
    }
    return graves.length - this.graves.length;
  }

  /** Calls so far; see `Entry.calls`. */
  protected callsOf(entry: Entry): number {
    return entry.state === ALIVE ? this.started + entry.calls : entry.calls;
  }

  protected settle(): void {
    this.prune();
    this.#born = 0;
    for (let entry = this.head; entry !== null; entry = entry.next) {
      if (entry.state !== FRESH) continue;
      entry.state = ALIVE;
      entry.calls -= this.started;
    }
    this.dirty = this.graves.length > 0;
  }

  /**
   * @internal Moves an entry to right before another one of its priority. No dispatch may stand on it. Not in the list any
   * more, or of another priority: a no-op.
   */
  place(entry: Entry, before: Entry): void {
    if (entry.state === GONE || before.state === GONE || entry.priority !== before.priority) return;
    const { state } = entry;
    this.#unlink(entry);
    entry.state = state;
    entry.prev = before.prev;
    entry.next = before;
    if (before.prev === null) this.head = entry;
    else before.prev.next = entry;
    before.prev = entry;
  }

  /** Looks for the place from both ends at once: FIRST, ANY and LAST are each found within a step or two. */
  #insert(entry: Entry): void {
    const { priority } = entry;
    let front = this.head;
    let back = this.tail;
    while (front !== null && back !== null) {
      if (back.priority <= priority) {
        front = back.next;
        break;
      }
      if (front.priority > priority) {
        back = front.prev;
        break;
      }
      front = front.next;
      back = back.prev;
    }
    entry.prev = back;
    entry.next = front;
    if (back === null) this.head = entry;
    else back.next = entry;
    if (front === null) this.tail = entry;
    else front.prev = entry;
  }

  #unlink(entry: Entry): void {
    const { prev, next } = entry;
    if (prev === null) this.head = next;
    else prev.next = next;
    if (next === null) this.tail = prev;
    else next.prev = prev;
    entry.state = GONE;
  }
}
