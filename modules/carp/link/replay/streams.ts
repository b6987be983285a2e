import { counterTag } from '../../wire/counter.js';

/** Lives of carpets that are remembered, each with its latest counter; also of those heard only once. */
const MAX_STREAMS = 64;
/** Not a tag: an empty place. */
const NONE = -1;

interface Stream {
  readonly tag: number;
  last: bigint;
}

/**
 * The counters of carpets: all of one life have the same tag, and each is greater than the one before. The digest covers
 * the counter, so neither depends on the address that a packet claims to come from.
 *
 * Those heard twice are in a table of their own: a peer of another kind, whose every number has another tag, is in the
 * first one only, and so is whatever is recorded of it. Of each table the one heard longest ago makes room.
 */
export class CounterStreams {
  /** Of those heard once, in the order of hearing; they grow, because a vhid that hears carpets alone needs few. */
  readonly #tags: number[] = [];
  readonly #counters: bigint[] = [];
  #slot = 0;
  readonly #proven = new Map<number, Stream>();
  /** The proven one heard last: usually the master's, and the only one that speaks. */
  #latest: Stream | undefined;
  /** Of the counter judged last: its tag, its stream, and where it is among those heard once. */
  #tag = NONE;
  #stream: Stream | undefined;
  #at = NONE;

  /** @param forgotten called with each counter that made room and was followed by no other of its tag */
  constructor(private readonly forgotten: (counter: bigint) => void) {}

  /**
   * Judges a counter: it `rises` above the earlier ones of its carpet; is `old`, which is below them; comes `again`, and
   * is the only one of its tag; or is the first of its tag, `unknown`, as far as is remembered.
   */
  judge(counter: bigint): 'rises' | 'old' | 'again' | 'unknown' {
    this.#tag = counterTag(counter);
    this.#stream = this.#find(this.#tag);
    if (this.#stream !== undefined) return counter > this.#stream.last ? 'rises' : 'old';
    this.#at = this.#tags.indexOf(this.#tag);
    if (this.#at < 0) return 'unknown';
    const once = this.#counters[this.#at]!;
    if (counter === once) return 'again';
    return counter > once ? 'rises' : 'old';
  }

  /** Remembers the counter judged last, which rises or is unknown. */
  accept(counter: bigint): void {
    if (this.#stream !== undefined) {
      this.#stream.last = counter;
      if (this.#stream !== this.#latest) this.#prove(this.#stream);
    } else if (this.#at < 0) this.#hearOnce(this.#tag, counter);
    else {
      this.#tags[this.#at] = NONE;
      this.#prove({ tag: this.#tag, last: counter });
    }
  }

  /** Whether it goes on from a counter known here: by one, as FreeBSD and ucarp count, or within a carpet's life. */
  continues(counter: bigint): boolean {
    const stream = this.#proven.get(counterTag(counter));
    if (stream !== undefined && counter > stream.last) return true;
    const before = this.#tags.indexOf(counterTag(counter - 1n));
    return before >= 0 && this.#counters[before] === counter - 1n;
  }

  /** Counters heard once, in the order of hearing, and the latest of the proven ones, the latest heard last. */
  capture(): { readonly once: bigint[]; readonly proven: bigint[] } {
    const slots = [...this.#tags.keys()].map((i) => (this.#slot + i) % this.#tags.length);
    const once = slots.filter((slot) => this.#tags[slot] !== NONE).map((slot) => this.#counters[slot]!);
    return { once, proven: [...this.#proven.values()].map(({ last }) => last) };
  }

  /** Goes on from a predecessor's capture; for a new one only. */
  adopt({ once, proven }: { readonly once: readonly bigint[]; readonly proven: readonly bigint[] }): void {
    for (const counter of once.slice(-MAX_STREAMS)) this.#hearOnce(counterTag(counter), counter);
    for (const last of proven) this.#prove({ tag: counterTag(last), last });
  }

  #find(tag: number): Stream | undefined {
    return this.#latest?.tag === tag ? this.#latest : this.#proven.get(tag);
  }

  #hearOnce(tag: number, counter: bigint): void {
    if ((this.#tags[this.#slot] ?? NONE) !== NONE) this.forgotten(this.#counters[this.#slot]!);
    this.#tags[this.#slot] = tag;
    this.#counters[this.#slot] = counter;
    this.#slot = (this.#slot + 1) % MAX_STREAMS;
  }

  /** Maps iterate in the order of insertion: the first is the one heard longest ago. */
  #prove(stream: Stream): void {
    this.#proven.delete(stream.tag);
    const oldest = this.#proven.size < MAX_STREAMS ? undefined : this.#proven.keys().next().value;
    if (oldest !== undefined) this.#proven.delete(oldest);
    this.#proven.set(stream.tag, stream);
    this.#latest = stream;
  }
}
