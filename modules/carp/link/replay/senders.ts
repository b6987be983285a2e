import type { Prefetched } from '../../../ifnet/index.js';
import type { CarpSenderState } from '../../handover/schema.js';
import { counterOf, highWord, lowWord } from '../../wire/counter.js';

/** Fresh advertisements, half an interval apart at least, that make a sender an established one. */
const ESTABLISHED = 8;
/** The upper word in the place of a number that may come again: what is sealed never does. */
const SEALED = -1;
/** Senders in each of the two tables. */
const MAX_SENDERS = 16;
/** A sender that was silent for so long may be another host. */
const FORGET_MS = 600_000;
/** Repetitions of one number, with no other in between, that identify OpenBSD where another number was heard before. */
const STEADY_REPEATS = 2;
/** Repetitions after which what was heard before does not matter. */
const PROVEN_REPEATS = 8;

/** What is known of one source address. */
interface Sender {
  readonly source: string;
  /** The words of its last number, unsigned. */
  high: number;
  low: number;
  /** Different numbers, as far as they matter: 1, 2, or 3 and more. */
  distinct: number;
  /** Repetitions of the last number. */
  repeats: number;
  /** Advertisements at the pace of advertisements; no more are counted of an established one that seals. */
  paced: number;
  /** When the last of those came, ms; of an established one that seals, when it was heard last. */
  since: number;
}

/**
 * The source addresses of authentic advertisements. An address can be forged, so newcomers have a table of their own,
 * and only who has been heard for a while is moved to the other one: recordings under invented addresses push out other
 * newcomers only. Of each table the one heard longest ago makes room.
 */
export class Senders implements Prefetched {
  readonly #newcomers: Sender[] = [];
  readonly #established: Sender[] = [];
  /** The one heard last: usually the master, and the only one that speaks. */
  #latest: Sender | undefined;

  prefetch(): number {
    return this.#latest === undefined ? 0 : Number(this.#latest.since > 0) + this.#latest.paced;
  }

  has(source: string): boolean {
    return this.#find(source) !== undefined;
  }

  /**
   * A fresh sealed advertisement came from there.
   *
   * @param pace its `interval` in ms is asked only of a host that is not established: that costs more than all else here
   */
  heardSealed(source: string, now: number, pace: { readonly interval: number }): void {
    const latest = this.#latest;
    const settled = latest?.source === source && latest.high === SEALED && latest.paced >= ESTABLISHED;
    if (settled && now - latest.since <= FORGET_MS) latest.since = now;
    else this.heard(source, SEALED, 0, now, pace.interval);
  }

  /** A fresh advertisement with the number of these words came from there. */
  heard(source: string, high: number, low: number, now: number, interval: number): void {
    const known = this.#find(source);
    if (known === undefined || now - known.since > FORGET_MS) {
      remove(this.#established, source);
      this.#latest = { source, high, low, distinct: 1, repeats: 0, paced: 1, since: now };
      put(this.#newcomers, this.#latest);
      return;
    }
    if (low !== known.low || high !== known.high) known.distinct++;
    known.high = high;
    known.low = low;
    known.repeats = 0;
    if (now - known.since < interval / 2) return;
    known.paced++;
    known.since = now;
    this.#arrange(known);
  }

  /**
   * Whether it is OpenBSD, which sends one number until it is booted anew. Its last one comes again, not faster than
   * advertisements do, and it has not sent more than one other before.
   */
  isSteady(source: string, high: number, low: number, now: number, interval: number): boolean {
    const sender = this.#find(source);
    if (sender === undefined || low !== sender.low || high !== sender.high) return false;
    if (now - sender.since < interval / 2) return false;
    sender.since = now;
    sender.repeats++;
    const steady = sender.distinct === 1 || (sender.distinct === 2 && sender.repeats >= STEADY_REPEATS);
    if (steady && sender.repeats >= PROVEN_REPEATS) sender.distinct = 1;
    if (steady) {
      sender.paced++;
      this.#arrange(sender);
    }
    return steady;
  }

  /** Each table, the one heard longest ago first. */
  capture(): { readonly newcomers: CarpSenderState[]; readonly established: CarpSenderState[] } {
    const list = (table: readonly Sender[]): CarpSenderState[] =>
      table.map(({ high, low, ...sender }) => ({ ...sender, last: textOf(high, low) }));
    return { newcomers: list(this.#newcomers), established: list(this.#established) };
  }

  /** Goes on from a predecessor's capture; for a new one only. */
  adopt(state: {
    readonly newcomers: readonly CarpSenderState[];
    readonly established: readonly CarpSenderState[];
  }): void {
    for (const sender of state.newcomers) put(this.#newcomers, senderOf(sender));
    for (const sender of state.established) put(this.#established, senderOf(sender));
  }

  #find(source: string): Sender | undefined {
    if (this.#latest?.source === source) return this.#latest;
    return find(this.#established, source) ?? find(this.#newcomers, source);
  }

  /** Into the right table, as the last of it. */
  #arrange(sender: Sender): void {
    if (sender === this.#latest && sender.paced !== ESTABLISHED) return;
    this.#latest = sender;
    if (sender.paced < ESTABLISHED) return put(this.#newcomers, sender);
    remove(this.#newcomers, sender.source);
    put(this.#established, sender);
  }
}

function textOf(high: number, low: number): string {
  return high === SEALED ? String(SEALED) : counterOf(high, low).toString();
}

function senderOf({ source, last, distinct, repeats, paced, since }: CarpSenderState): Sender {
  const number = BigInt(last);
  const [high, low] = number < 0n ? [SEALED, 0] : [highWord(number), lowWord(number)];
  return { source, high, low, distinct, repeats, paced, since };
}

/** As the last of the table; the first is the one heard longest ago. */
function put(table: Sender[], sender: Sender): void {
  remove(table, sender.source);
  if (table.length === MAX_SENDERS) table.shift();
  table.push(sender);
}

function remove(table: Sender[], source: string): void {
  const at = table.findIndex((sender) => sender.source === source);
  if (at >= 0) table.splice(at, 1);
}

function find(table: readonly Sender[], source: string): Sender | undefined {
  return table.find((sender) => sender.source === source);
}
