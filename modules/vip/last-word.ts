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

/**
 * Whether a MASTER that yielded must repeat its last word, which may be lost: by the network, or, if it is to a unicast peer, by
 * the system, which asks for the peer's link-layer address, and drops the word if it has asked in vain too often, as just after a
 * partition. The winner would know of no other MASTER then, and announce nothing: the neighbours would talk to the loser for
 * good. So the winner is told again, twice, when it is heard after that. Nobody else is: to a better BACKUP it would be a worse
 * MASTER.
 */
export class LastWord {
  readonly #clock: Pick<Clock, 'now'>;
  #spokenAt: number | undefined;
  #winner: InetAddress | undefined;
  /** How often it is to be repeated yet. */
  #left = 0;

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock;
  }

  /** The state has changed. @param beaten we yielded to the MASTER that is being heard, and have spoken our last word */
  follow(beaten: boolean): void {
    this.#spokenAt = beaten ? this.#clock.now() : undefined;
    this.#winner = undefined;
    this.#left = beaten ? TIMES : 0;
  }

  /** An advertisement came from there. @returns whether its sender is to be told again now */
  isDue(source: InetAddress): boolean {
    if (this.#spokenAt === undefined) return false;
    this.#winner ??= source;
    return this.#clock.now() - this.#spokenAt > LAST_WORD_MS && source.equals(this.#winner);
  }

  /** It is being told. */
  repeated(): void {
    this.#spokenAt = --this.#left > 0 ? this.#clock.now() : undefined;
  }

  capture(): LastWordState {
    if (this.#spokenAt === undefined) return null;
    return { spokenAt: this.#spokenAt, winner: this.#winner?.toString() ?? null, left: this.#left };
  }

  /** A predecessor spoke it. */
  adopt(state: LastWordState): void {
    this.#spokenAt = state?.spokenAt;
    this.#winner = state?.winner ? InetAddress.parse(state.winner) : undefined;
    this.#left = state?.left ?? 0;
  }
}
