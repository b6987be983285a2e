/**
 * Repeated counters, per sender. Nothing in the protocol forbids one (carp_input_c has a comment where the check would
 * be), and each kind of peer has its ways:
 *
 * - carpet rises from advertisement to advertisement, across restarts too.
 * - FreeBSD and ucarp send random numbers until they hear somebody; then they count on from whatever they heard last,
 *   which may lead back to numbers they have used when two MASTERs hear each other badly.
 * - OpenBSD sends one number until it is booted anew.
 *
 * So `window`, the default, refuses a number that its sender used before, except from a sender which says nothing but
 * this number, at the pace of advertisements; and a BACKUP about to take over takes a repeated number as a sign of
 * life, if of nothing else: a refusal must not make a second MASTER. `strict` is for carpet among itself.
 *
 * The digest does not cover the source address, so a number that another source of the family used is a repetition
 * too: whoever replays would only have to invent an address. (IPv4 and IPv6 carry the same number by right.)
 *
 * What this cannot do: `window` remembers the latest 32 numbers of 16 senders. Older recordings are refused by `strict`
 * together with `allow`, the list of the peers' addresses.
 */
import type { InetAddress } from '../../ifnet/index.js';

export type CarpReplayMode = 'off' | 'loop' | 'window' | 'strict';

/** `alive`: only good for waiting on. */
export type CarpReplayVerdict = 'fresh' | 'alive' | 'replayed';

const SENDERS = 16;
const WINDOW = 32;
/** So many repetitions of one number, nothing in between, are OpenBSD. */
const STEADY = 2;

/** What is at stake, looked at only when a number repeats. */
export interface CarpReplayStakes {
  /** ms between advertisements. */
  readonly interval: number;
  /** Refusing this one would lead to a takeover. */
  readonly urgent: boolean;
}

interface Sender {
  readonly source: string;
  readonly counters: bigint[];
  /** The greatest of them so far: what is above it was not used yet. */
  highest: bigint;
  slot: number;
  last: bigint;
  repeats: number;
  /** When `repeats` last rose. */
  since: number;
}

export class CarpReplayGuard {
  readonly #senders = new Map<string, Sender>();
  /** Whom the last one came from: mostly the only one there is. */
  #latest: Sender | undefined;

  constructor(public mode: CarpReplayMode) {}

  /** Judges an authentic advertisement and remembers it. */
  judge(source: string, counter: bigint, now: number, stakes: CarpReplayStakes): CarpReplayVerdict {
    const sender = this.#find(source);
    const lax = this.mode === 'off' || this.mode === 'loop';
    if (!lax && this.#usedByAnother(source, counter)) return stakes.urgent ? 'alive' : 'replayed';
    if (sender === undefined) return this.#remember(source, counter, now);
    if (lax) return 'fresh';
    if (this.mode === 'strict') {
      if (counter <= sender.last) return 'replayed';
    } else if (counter <= sender.highest && sender.counters.includes(counter)) {
      if (counter === sender.last && isSteady(sender, now, stakes.interval)) return 'fresh';
      return stakes.urgent ? 'alive' : 'replayed';
    }
    if (counter > sender.highest) sender.highest = counter;
    sender.last = counter;
    sender.repeats = 0;
    sender.since = now;
    sender.counters[sender.slot] = counter;
    sender.slot = (sender.slot + 1) % WINDOW;
    return 'fresh';
  }

  /** Whether an authentic advertisement came from there lately. */
  knows(source: InetAddress): boolean {
    return this.#senders.has(source.toString());
  }

  /** A new password or new addresses: old advertisements are no longer authentic. */
  reset(): void {
    this.#senders.clear();
    this.#latest = undefined;
  }

  #find(source: string): Sender | undefined {
    if (this.#latest?.source !== source) this.#latest = this.#senders.get(source);
    return this.#latest;
  }

  #usedByAnother(source: string, counter: bigint): boolean {
    if (this.#senders.size === 1 && this.#latest !== undefined) return false;
    for (const [other, { counters }] of this.#senders) {
      if (other !== source && isIPv6(other) === isIPv6(source) && counters.includes(counter)) return true;
    }
    return false;
  }

  #remember(source: string, counter: bigint, now: number): CarpReplayVerdict {
    if (this.#senders.size >= SENDERS) {
      // Maps iterate in the order of insertion: the first is the oldest.
      const [oldest] = this.#senders.keys();
      if (oldest !== undefined) this.#senders.delete(oldest);
    }
    this.#senders.set(source, {
      source,
      counters: [counter],
      highest: counter,
      slot: 1,
      last: counter,
      repeats: 0,
      since: now,
    });
    return 'fresh';
  }
}

function isIPv6(source: string): boolean {
  return source.includes(':');
}

/** A replayed last number does not count when it comes faster than its sender advertises. */
function isSteady(sender: Sender, now: number, interval: number): boolean {
  if (now - sender.since >= interval / 2) {
    sender.repeats++;
    sender.since = now;
  }
  return sender.counters.length === 1 || sender.repeats >= STEADY;
}
