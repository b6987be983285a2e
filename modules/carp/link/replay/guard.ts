import type { InetAddress, InetFamily, Prefetched } from '../../../ifnet/index.js';
import type { CarpMemoryState, CarpReplayState } from '../../handover/schema.js';
import { counterOf, highWord, lowWord } from '../../wire/counter.js';
import { Senders } from './senders.js';
import { CounterStreams } from './streams.js';
import { UsedNumbers } from './used-numbers.js';

/** How strictly repeated counters are refused; `loop` only ignores our own. */
export type CarpReplayMode = 'off' | 'loop' | 'window' | 'strict';

/** `alive`: good only for re-arming the timeout. */
export type CarpReplayVerdict = 'fresh' | 'alive' | 'replayed';

/** Below every counter. One for all: a literal would be made anew for every advertisement. */
const NONE = -1n;
/** Signs of life in a row that are no more than that. */
const MAX_ALIVE = 8;

/** What a refusal would put at stake; read only when a number repeats. */
export interface CarpReplayStakes {
  /** Milliseconds between advertisements. */
  readonly interval: number;
  /** A refusal would lead to a takeover. */
  readonly urgent: boolean;
}

/** IPv4 and IPv6 may carry the same number, so each has a memory of its own. */
interface Memory {
  readonly streams: CounterStreams;
  readonly numbers: UsedNumbers;
}

/**
 * Judges the counters of the authentic advertisements of one vhid. The protocol forbids no repetition (carp_input_c has a
 * comment where the check would be), and the implementations differ:
 *
 * - carpet's counter rises with every advertisement, and its low bits tell its lives apart (counter.ts).
 * - FreeBSD and ucarp send random numbers until they hear a peer; then they count on from the last number heard, which
 *   may repeat numbers of their own or of each other after a partition.
 * - OpenBSD sends one number until it reboots.
 *
 * The digest covers the counter but not the source address, so what was used once is judged by the number alone, whatever
 * address it comes from. Of a carpet that was heard since this vhid was made, every old counter is refused. Of the other
 * peers the latest thousand of a family are, but in `window`, the default:
 *
 * - a number that its sender repeats at the pace of advertisements, as OpenBSD does, is fresh;
 * - a BACKUP about to take over accepts a repeated one as a sign of life, and as nothing else: a refusal must not make a
 *   second MASTER. It must rise above the last one so accepted, and after eight in a row there are no more.
 *
 * `strict` makes neither exception; it is for networks with carpet alone. What none of them can know is a recording from
 * before this vhid was made, of a life that has not been heard since: each can be used once.
 */
export class CarpReplayGuard implements Prefetched {
  #senders = new Senders();
  /** Each made when the family's first advertisement comes: most vhids hear one. */
  #memories: Partial<Record<InetFamily, Memory>> = {};
  #alive = 0;
  #lastAlive = NONE;

  constructor(public mode: CarpReplayMode) {}

  /**
   * Judges an authentic advertisement and remembers it.
   *
   * @param high the upper word of its counter, unsigned
   * @param low the lower word
   */
  judge(
    source: InetAddress,
    high: number,
    low: number,
    now: number,
    stakes: CarpReplayStakes,
  ): CarpReplayVerdict {
    if (this.mode === 'window' || this.mode === 'strict') {
      const { streams, numbers } = (this.#memories[source.family] ??= memory());
      const known = streams.judge(high, low);
      if (known === 'old') return 'replayed';
      if (known === 'again' || (known === 'unknown' && numbers.has(high, low)))
        return this.#repeated(source, high, low, now, stakes);
      streams.accept();
    }
    this.#fresh();
    this.#senders.heard(source.toString(), high, low, now, stakes.interval);
    return 'fresh';
  }

  /** An advertisement is known to be new by its seal. */
  sealed(source: InetAddress, now: number, stakes: CarpReplayStakes): void {
    this.#fresh();
    this.#senders.heardSealed(source.toString(), now, stakes);
  }

  prefetch(): number {
    return this.#alive + this.#senders.prefetch();
  }

  /** Whether the counter goes on from one that was heard without a seal in the family. */
  continues(family: InetFamily, counter: bigint): boolean {
    return this.#memories[family]?.streams.continues(counter) === true;
  }

  /** Whether an authentic advertisement came from `source` lately. */
  knows(source: InetAddress): boolean {
    return this.#senders.has(source.toString());
  }

  /** Forgets all senders: after a new password old advertisements are no longer authentic. */
  reset(): void {
    this.#senders = new Senders();
    this.#memories = {};
  }

  /** What it remembers. */
  capture(): CarpReplayState {
    return {
      4: captureMemory(this.#memories[4]),
      6: captureMemory(this.#memories[6]),
      ...this.#senders.capture(),
      alive: this.#alive,
      lastAlive: this.#lastAlive.toString(),
    };
  }

  /** Remembers what a predecessor did, and nothing else. */
  adopt(state: CarpReplayState): void {
    this.reset();
    for (const family of [4, 6] as const) {
      const remembered = state[family];
      if (remembered !== null) this.#memories[family] = adoptMemory(remembered);
    }
    this.#senders.adopt(state);
    this.#alive = state.alive;
    this.#lastAlive = BigInt(state.lastAlive);
  }

  #fresh(): void {
    this.#alive = 0;
    this.#lastAlive = NONE;
  }

  #repeated(
    source: InetAddress,
    high: number,
    low: number,
    now: number,
    stakes: CarpReplayStakes,
  ): CarpReplayVerdict {
    if (this.mode === 'strict') return 'replayed';
    if (this.#senders.isSteady(source.toString(), high, low, now, stakes.interval)) return 'fresh';
    const counter = counterOf(high, low);
    if (!stakes.urgent || this.#alive >= MAX_ALIVE || counter <= this.#lastAlive) return 'replayed';
    this.#alive++;
    this.#lastAlive = counter;
    return 'alive';
  }
}

function memory(): Memory {
  const numbers = new UsedNumbers();
  return { streams: new CounterStreams((high, low) => numbers.add(high, low)), numbers };
}

function captureMemory(known: Memory | undefined): CarpMemoryState | null {
  if (known === undefined) return null;
  const { streams, numbers } = known;
  const { once, proven } = streams.capture();
  return {
    once: once.map(String),
    proven: proven.map(String),
    numbers: numbers.list().map(String),
    highest: String(numbers.highest),
  };
}

function adoptMemory(state: CarpMemoryState): Memory {
  const adopted = memory();
  for (const number of state.numbers.map(BigInt)) adopted.numbers.add(highWord(number), lowWord(number));
  adopted.numbers.highest = BigInt(state.highest);
  adopted.streams.adopt({ once: state.once.map(BigInt), proven: state.proven.map(BigInt) });
  return adopted;
}
