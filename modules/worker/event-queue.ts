import type { EventMessage, RunMessage, ToWorker } from './protocol.js';

/** Events in one message: writing it holds up the kernel. */
const MAX_BATCH = 256;
/** Events sent and not yet handled: enough that the thread never waits for more. */
const MAX_UNDER_WAY = 2_048;

/** An event that waits. */
interface Place {
  readonly event: EventMessage;
  dropped: boolean;
}

export interface EventQueueServices {
  /** Events that may wait. */
  readonly max: number;
  readonly post: (messages: readonly ToWorker[]) => void;
  /** Which of a list's events goes when the queue is full. */
  readonly overflow: (list: string) => 'oldest' | 'newest';
  readonly dropped: (list: string) => void;
}

/**
 * The events that wait for a thread, in order, and the number of those under way to it. It never holds more than `max`,
 * but for events that somebody waits for, which are never dropped.
 */
export class EventQueue {
  readonly #services: EventQueueServices;
  #places: Place[] = [];
  #head = 0;
  /** Events that wait and may be dropped, by list. */
  readonly #byList = new Map<string, { places: Place[]; head: number }>();
  #waiting = 0;
  #underWay = 0;
  #open = false;
  #flushDue = false;

  constructor(services: EventQueueServices) {
    this.#services = services;
  }

  /** Events that wait or are under way. */
  get size(): number {
    return this.#waiting + this.#underWay;
  }

  push(event: EventMessage): void {
    if (event.id === undefined && this.#waiting >= this.#services.max && !this.#makeRoom(event.list)) return;
    const place = { event, dropped: false };
    this.#places.push(place);
    if (event.id === undefined) this.#ofList(event.list).places.push(place);
    this.#waiting++;
    this.#schedule();
  }

  /** A thread listens: what waits goes there. */
  open(): void {
    this.#open = true;
    this.#schedule();
  }

  /** The thread has ended. @returns how many events were under way, and are lost */
  close(): number {
    this.#open = false;
    const lost = this.#underWay;
    this.#underWay = 0;
    return lost;
  }

  /** No thread will listen again. */
  clear(): void {
    this.close();
    this.#places = [];
    this.#head = 0;
    this.#byList.clear();
    this.#waiting = 0;
  }

  handled(count: number): void {
    this.#underWay = Math.max(0, this.#underWay - count);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#flushDue || !this.#open || this.#waiting === 0 || this.#underWay >= MAX_UNDER_WAY) return;
    this.#flushDue = true;
    queueMicrotask(() => this.#flush());
  }

  #flush(): void {
    this.#flushDue = false;
    if (!this.#open) return;
    const batch = new Batch();
    while (batch.size < MAX_BATCH && this.#underWay < MAX_UNDER_WAY && this.#waiting > 0) {
      const place = this.#places[this.#head++]!;
      if (place.dropped) continue;
      if (place.event.id === undefined) this.#forget(place.event.list);
      batch.add(place.event);
      this.#waiting--;
      this.#underWay++;
    }
    this.#compact();
    if (batch.size > 0) this.#services.post(batch.messages);
    // The next batch goes in a turn of its own.
    if (this.#waiting > 0 && this.#underWay < MAX_UNDER_WAY) {
      this.#flushDue = true;
      setImmediate(() => this.#flush());
    }
  }

  /** @returns whether the new event may be added */
  #makeRoom(list: string): boolean {
    this.#services.dropped(list);
    const own = this.#ofList(list);
    if (this.#services.overflow(list) === 'newest' || own.head === own.places.length) return false;
    own.places[own.head]!.dropped = true;
    this.#forget(list);
    this.#waiting--;
    this.#compact();
    return true;
  }

  #ofList(list: string): { places: Place[]; head: number } {
    let own = this.#byList.get(list);
    if (own === undefined) {
      own = { places: [], head: 0 };
      this.#byList.set(list, own);
    }
    return own;
  }

  /** The list's oldest place has been served. */
  #forget(list: string): void {
    const own = this.#ofList(list);
    own.head++;
    if (own.head < 1_024 || own.head * 2 < own.places.length) return;
    own.places = own.places.slice(own.head);
    own.head = 0;
  }

  /** Keeps what is behind the head, and dropped places, below the number of those that wait. */
  #compact(): void {
    const stale = this.#places.length - this.#waiting;
    if (stale < 1_024 || stale < this.#waiting) return;
    this.#places = this.#places.slice(this.#head).filter(({ dropped }) => !dropped);
    this.#head = 0;
  }
}

/** Events for one message; those that can are put together. */
class Batch {
  readonly messages: ToWorker[] = [];
  size = 0;
  #run: RunMessage | undefined;

  add(event: EventMessage): void {
    const { list, priority, args, id } = event;
    this.size++;
    if (id !== undefined || event.veto !== undefined) {
      this.#run = undefined;
      this.messages.push(event);
    } else if (this.#run?.list === list && this.#run.priority === priority) this.#run.all.push(args);
    else this.messages.push((this.#run = { type: 'events', list, priority, all: [args] }));
  }
}
