import type { Clock } from '../../core/time/index.js';
import { InetAddress } from '../ifnet/index.js';
import type { LastWordState } from './handover/schema.js';

/**
 * After so many ms the last word has left, or is lost: the system waits a second for each answer to its questions, and a timer of
 * Linux may be late by 80 ms then.
 */
export const LAST_WORD_MS = 1100;
/** How often it is repeated: where three of ten packets are lost, one in a hundred winners has heard none of the words then. */
const TIMES = 2;

/** For how many ms after it has yielded a host may repeat its last word to a winner that advertises every `interval` ms. */
export function lastWordsTake(interval: number): number {
  return TIMES * (LAST_WORD_MS + interval);
}

/** How a MASTER stepped down: after a last word, which may be lost, or without one. */
export type Parting = 'word' | 'silence';

/**
 * Whether a MASTER that stepped down must tell another one of itself, which would know of no other MASTER else, and announce
 * nothing: the neighbours would talk to the loser for good. Nobody but that one is told: to a better BACKUP it would be a worse
 * MASTER.
 *
 * After a `word` the winner is told again, twice, when it is heard after that. The word may be lost: by the network, or, if it is
 * to a unicast peer, by the system, which asks for the peer's link-layer address, and drops the word if it has asked in vain too
 * often, as just after a partition.
 *
 * After `silence`, as of one that follows its failover group, whoever is heard is told at once, and again later: the first one may
 * be stepping down itself.
 */
export class LastWord {
  readonly #clock: Pick<Clock, 'now'>;
  #parting: Parting | undefined;
  /** When it spoke last; undefined: it has not. */
  #spokenAt: number | undefined;
  #winner: InetAddress | undefined;
  /** How often it is to be told yet. */
  #left = 0;

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock;
  }

  /** The state has changed. @param parting how a MASTER has left; undefined: nobody need be told of it */
  follow(parting: Parting | undefined): void {
    this.#parting = parting;
    this.#spokenAt = parting === 'word' ? this.#clock.now() : undefined;
    this.#winner = undefined;
    this.#left = parting === undefined ? 0 : TIMES;
  }

  /** How it has left, while somebody is to be told of that. */
  get parting(): Parting | undefined {
    return this.#parting;
  }

  /** An advertisement came from there. @returns whether its sender is to be told now */
  isDue(source: InetAddress): boolean {
    if (this.#parting === undefined) return false;
    if (this.#parting === 'word') this.#winner ??= source;
    const isOver = this.#spokenAt === undefined || this.#clock.now() - this.#spokenAt > LAST_WORD_MS;
    return isOver && (this.#winner === undefined || source.equals(this.#winner));
  }

  /** It is being told. */
  repeated(): void {
    this.#spokenAt = this.#clock.now();
    if (--this.#left <= 0) this.#parting = undefined;
  }

  capture(): LastWordState {
    if (this.#parting === undefined) return null;
    const winner = this.#winner?.toString() ?? null;
    return { parting: this.#parting, spokenAt: this.#spokenAt ?? null, winner, left: this.#left };
  }

  /** A predecessor spoke it, or did not. */
  adopt(state: LastWordState): void {
    this.#parting = state?.parting;
    this.#spokenAt = state?.spokenAt ?? undefined;
    this.#winner = state?.winner ? InetAddress.parse(state.winner) : undefined;
    this.#left = state?.left ?? 0;
  }
}
