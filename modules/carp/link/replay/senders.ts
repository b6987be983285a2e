import type { CarpSenderState } from '../../handover/schema.js';

/** Fresh advertisements, half an interval apart at least, that make a sender an established one. */
const ESTABLISHED = 8;
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
  last: bigint;
  /** Different numbers, as far as they matter: 1, 2, or 3 and more. */
  distinct: number;
  /** Repetitions of `last`. */
  repeats: number;
  /** Advertisements at the pace of advertisements. */
  paced: number;
  /** When the last of those came, ms. */
  since: number;
}

/**
 * The source addresses of authentic advertisements. An address can be forged, so newcomers have a table of their own,
 * and only who has been heard for a while is moved to the other one: recordings under invented addresses push out other
 * newcomers only. Of each table the one heard longest ago makes room.
 */
export class Senders {
  readonly #newcomers: Sender[] = [];
  readonly #established: Sender[] = [];
  /** The one heard last: usually the master, and the only one that speaks. */
  #latest: Sender | undefined;

  has(source: string): boolean {
    return this.#find(source) !== undefined;
  }

  /** A fresh advertisement came from there. */
  heard(source: string, number: bigint, now: number, interval: number): void {
    const known = this.#find(source);
    if (known === undefined || now - known.since > FORGET_MS) {
      remove(this.#established, source);
      this.#latest = { source, last: number, distinct: 1, repeats: 0, paced: 1, since: now };
      put(this.#newcomers, this.#latest);
      return;
    }
    if (number !== known.last) known.distinct++;
    known.last = number;
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
  isSteady(source: string, number: bigint, now: number, interval: number): boolean {
    const sender = this.#find(source);
    if (sender === undefined || number !== sender.last || now - sender.since < interval / 2) return false;
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
      table.map((sender) => ({ ...sender, last: sender.last.toString() }));
    return { newcomers: list(this.#newcomers), established: list(this.#established) };
  }

  /** Goes on from a predecessor's capture; for a new one only. */
  adopt(state: {
    readonly newcomers: readonly CarpSenderState[];
    readonly established: readonly CarpSenderState[];
  }): void {
    for (const sender of state.newcomers) put(this.#newcomers, { ...sender, last: BigInt(sender.last) });
    for (const sender of state.established) put(this.#established, { ...sender, last: BigInt(sender.last) });
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
