import type { Clock } from '../../core/time/index.js';
import { InetAddress } from '../ifnet/index.js';
import type { LastWordState } from './handover/schema.js';

/**
 * After so many ms the last word has left, or is lost: the system waits a second for each answer to its questions, and a timer of
 * Linux may be late by 80 ms then.
 */
export const LAST_WORD_MS = 1100;

/**
 * Whether a MASTER that yielded must repeat its last word. One to a unicast peer waits in the system, which asks for the peer's
 * link-layer address, and drops it if it has asked in vain too often, as just after a partition. The winner would know of no
 * other MASTER then, and announce nothing: the neighbours would talk to the loser for good. So the winner is told once more, when
 * it is heard after that.
 */
export class LastWord {
  readonly #clock: Pick<Clock, 'now'>;
  #spokenAt: number | undefined;
  #winner: InetAddress | undefined;

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock;
  }

  /** The state has changed. @param beaten we yielded to the MASTER that is being heard, and have spoken our last word */
  follow(beaten: boolean): void {
    this.#spokenAt = beaten ? this.#clock.now() : undefined;
    this.#winner = undefined;
  }

  /** An advertisement came from there. @returns whether its sender is to be told once more now */
  isDue(source: InetAddress): boolean {
    if (this.#spokenAt === undefined) return false;
    this.#winner ??= source;
    return this.#clock.now() - this.#spokenAt > LAST_WORD_MS && source.equals(this.#winner);
  }

  /** It is being told. */
  repeated(): void {
    this.#spokenAt = undefined;
  }

  capture(): LastWordState {
    if (this.#spokenAt === undefined) return null;
    return { spokenAt: this.#spokenAt, winner: this.#winner?.toString() ?? null };
  }

  /** A predecessor spoke it. */
  adopt(state: LastWordState): void {
    this.#spokenAt = state?.spokenAt;
    this.#winner = state?.winner ? InetAddress.parse(state.winner) : undefined;
  }
}
