/**
 * Repeated counters, per sender. The protocol forbids none (carp_input_c has a comment where the check would be), and
 * the implementations differ:
 *
 * - carpet's counter rises with every advertisement, across restarts too.
 * - FreeBSD and ucarp send random numbers until they hear a peer; then they count on from the last number heard, which
 *   may repeat numbers of their own when two MASTERs hear each other badly.
 * - OpenBSD sends one number until it reboots.
 *
 * So `window`, the default, refuses a number that its sender used before, except from a sender that sends only this
 * number, at the pace of advertisements. A BACKUP about to take over accepts a repeated number as a sign of life, and
 * as nothing else: a refusal must not make a second MASTER. `strict` is for networks with carpet alone.
 *
 * The digest does not cover the source address, so a number that another source of the family used counts as repeated
 * too: else a replay would only need a forged address. (IPv4 and IPv6 may carry the same number.)
 *
 * Known limit: `window` remembers the latest 32 numbers of 16 senders. Older recordings are refused only by `strict`
 * together with `allow`, the list of the peers' addresses.
 *
 * @module
 */
import type { InetAddress } from '../../ifnet/index.js';

/** How strictly repeated counters are refused; `loop` only ignores our own. */
export type CarpReplayMode = 'off' | 'loop' | 'window' | 'strict';

/** `alive`: good only for re-arming the timeout. */
export type CarpReplayVerdict = 'fresh' | 'alive' | 'replayed';

const MAX_SENDERS = 16;
/** Numbers remembered of each sender. */
const MAX_COUNTERS = 32;
/** Repetitions of one number, with no other in between, that identify OpenBSD. */
const STEADY_REPEATS = 2;

/** What a refusal would put at stake; read only when a number repeats. */
export interface CarpReplayStakes {
  /** Milliseconds between advertisements. */
  readonly interval: number;
  /** A refusal would lead to a takeover. */
  readonly urgent: boolean;
}

interface Sender {
  readonly source: string;
  readonly counters: bigint[];
  /** The greatest number so far: every greater one is unused. */
  highest: bigint;
  slot: number;
  last: bigint;
  repeats: number;
  /** When `repeats` last rose. */
  since: number;
}

/** Judges the counters of the authentic advertisements of one vhid. */
export class CarpReplayGuard {
  readonly #senders = new Map<string, Sender>();
  /** The sender of the last advertisement: usually the only one. */
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
    sender.slot = (sender.slot + 1) % MAX_COUNTERS;
    return 'fresh';
  }

  /** Whether an authentic advertisement came from `source` lately. */
  knows(source: InetAddress): boolean {
    return this.#senders.has(source.toString());
  }

  /** Forgets all senders: after a new password old advertisements are no longer authentic. */
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
    if (this.#senders.size >= MAX_SENDERS) {
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

/** A repeated last number counts only at the pace at which its sender advertises. */
function isSteady(sender: Sender, now: number, interval: number): boolean {
  if (now - sender.since >= interval / 2) {
    sender.repeats++;
    sender.since = now;
  }
  return sender.counters.length === 1 || sender.repeats >= STEADY_REPEATS;
}
