/** One record in the queue: FreeBSD's struct dev_event_info. */
export interface DevEventInfo {
  /** As devctl(4) writes it, without the newline at its end. */
  readonly text: string;
  /** When it happened: wall time, milliseconds since 1970. */
  readonly time: number;
  /** Counts the records of this kernel from 1; a gap is what was dropped. */
  readonly sequence: number;
}

/**
 * A ring of records that holds `limit` of them and gives up the oldest for the newest. Its memory follows the use:
 * it doubles up to the limit, and is let go when it was emptied.
 */
export class RecordQueue {
  #ring: (DevEventInfo | undefined)[] = [];
  #head = 0;
  #length = 0;
  #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get length(): number {
    return this.#length;
  }

  /** @returns how many records were dropped to make room: 0 or 1, or the record itself where the limit is 0 */
  push(record: DevEventInfo): number {
    if (this.#limit === 0) return 1;
    const dropped = this.#length >= this.#limit ? this.#dropOldest() : 0;
    if (this.#length === this.#ring.length) this.#grow();
    this.#ring[(this.#head + this.#length) % this.#ring.length] = record;
    this.#length++;
    return dropped;
  }

  /** Everything, oldest first. */
  list(): DevEventInfo[] {
    return this.#inOrder();
  }

  /** Takes everything, oldest first. */
  takeAll(): DevEventInfo[] {
    const all = this.#inOrder();
    this.#replace([]);
    return all;
  }

  /** @returns how many records were dropped because they no longer fit */
  resize(limit: number): number {
    this.#limit = limit;
    const dropped = Math.max(0, this.#length - limit);
    if (dropped > 0) this.#replace(this.#inOrder().slice(dropped));
    return dropped;
  }

  #inOrder(): DevEventInfo[] {
    const wrapped = [...this.#ring.slice(this.#head), ...this.#ring.slice(0, this.#head)];
    return wrapped.slice(0, this.#length) as DevEventInfo[];
  }

  #dropOldest(): number {
    this.#ring[this.#head] = undefined;
    this.#head = (this.#head + 1) % this.#ring.length;
    this.#length--;
    return 1;
  }

  #grow(): void {
    const size = Math.min(Math.max(16, this.#length * 2), this.#limit);
    const records = this.#inOrder();
    this.#ring = [...records, ...new Array<undefined>(size - records.length).fill(undefined)];
    this.#head = 0;
  }

  #replace(records: DevEventInfo[]): void {
    this.#ring = records;
    this.#head = 0;
    this.#length = records.length;
  }
}
