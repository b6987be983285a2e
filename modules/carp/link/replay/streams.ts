import { counterAt, highOfRank, highWord, lowOfRank, lowWord, rankOf, tagOf } from '../../wire/counter.js';

/** Lives of carpets that are remembered, each with its latest counter; also of those heard only once. */
const MAX_STREAMS = 64;
/** Not a tag: an empty place. */
const NONE = -1;

/** A life of a carpet: counters are compared by their rank, a number, since a bigint would cost an object for each. */
interface Stream {
  readonly tag: number;
  /** The rank of its latest counter. */
  last: number;
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
  readonly #ranks: number[] = [];
  #slot = 0;
  readonly #proven = new Map<number, Stream>();
  /** The proven one heard last: usually the master's, and the only one that speaks. */
  #latest: Stream | undefined;
  /** Of the counter judged last: its tag, its rank, its stream, and where it is among those heard once. */
  #tag = NONE;
  #rank = 0;
  #stream: Stream | undefined;
  #at = NONE;

  /** @param forgotten called with the words of each counter that made room and was followed by no other of its tag */
  constructor(private readonly forgotten: (high: number, low: number) => void) {}

  /**
   * Judges a counter: it `rises` above the earlier ones of its carpet; is `old`, which is below them; comes `again`, and
   * is the only one of its tag; or is the first of its tag, `unknown`, as far as is remembered.
   *
   * @param high its upper word, unsigned
   * @param low its lower word, unsigned
   */
  judge(high: number, low: number): 'rises' | 'old' | 'again' | 'unknown' {
    const rank = rankOf(high, low);
    this.#tag = tagOf(low);
    this.#rank = rank;
    this.#stream = this.#find(this.#tag);
    if (this.#stream !== undefined) return rank > this.#stream.last ? 'rises' : 'old';
    this.#at = this.#tags.indexOf(this.#tag);
    if (this.#at < 0) return 'unknown';
    const once = this.#ranks[this.#at]!;
    if (rank === once) return 'again';
    return rank > once ? 'rises' : 'old';
  }

  /** Remembers the counter judged last, which rises or is unknown. */
  accept(): void {
    if (this.#stream !== undefined) {
      this.#stream.last = this.#rank;
      if (this.#stream !== this.#latest) this.#prove(this.#stream);
    } else if (this.#at < 0) this.#hearOnce(this.#tag, this.#rank);
    else {
      this.#tags[this.#at] = NONE;
      this.#prove({ tag: this.#tag, last: this.#rank });
    }
  }

  /** Whether it goes on from a counter known here: by one, as FreeBSD and ucarp count, or within a carpet's life. */
  continues(counter: bigint): boolean {
    const [high, low] = [highWord(counter), lowWord(counter)];
    const stream = this.#proven.get(tagOf(low));
    if (stream !== undefined && rankOf(high, low) > stream.last) return true;
    const before = counter - 1n;
    const at = this.#tags.indexOf(tagOf(lowWord(before)));
    return at >= 0 && this.#ranks[at] === rankOf(highWord(before), lowWord(before));
  }

  /** Counters heard once, in the order of hearing, and the latest of the proven ones, the latest heard last. */
  capture(): { readonly once: bigint[]; readonly proven: bigint[] } {
    const slots = [...this.#tags.keys()].map((i) => (this.#slot + i) % this.#tags.length);
    const once = slots.filter((slot) => this.#tags[slot] !== NONE).map((slot) => this.#counterIn(slot));
    return { once, proven: [...this.#proven.values()].map(({ tag, last }) => counterAt(last, tag)) };
  }

  /** Goes on from a predecessor's capture; for a new one only. */
  adopt({ once, proven }: { readonly once: readonly bigint[]; readonly proven: readonly bigint[] }): void {
    for (const counter of once.slice(-MAX_STREAMS))
      this.#hearOnce(tagOf(lowWord(counter)), rankOf(highWord(counter), lowWord(counter)));
    for (const last of proven)
      this.#prove({ tag: tagOf(lowWord(last)), last: rankOf(highWord(last), lowWord(last)) });
  }

  #find(tag: number): Stream | undefined {
    return this.#latest?.tag === tag ? this.#latest : this.#proven.get(tag);
  }

  #counterIn(slot: number): bigint {
    return counterAt(this.#ranks[slot]!, this.#tags[slot]!);
  }

  #hearOnce(tag: number, rank: number): void {
    const former = this.#tags[this.#slot] ?? NONE;
    const formerRank = this.#ranks[this.#slot]!;
    if (former !== NONE) this.forgotten(highOfRank(formerRank), lowOfRank(formerRank, former));
    this.#tags[this.#slot] = tag;
    this.#ranks[this.#slot] = rank;
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
