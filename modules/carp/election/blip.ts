import { deadTime } from './interval.js';

/** What decides how long the peers of a MASTER wait for it. */
export interface BlipTerms {
  /** When its last advertisement left, and the interval that was in force then; both ms. */
  readonly lastSent: number;
  readonly interval: number;
  readonly advbase: number;
  readonly deadRatio: number;
}

/**
 * A MASTER loses its interface for a moment: a cable, a switch that restarts, a driver that resets. Whether it is MASTER
 * still when the interface is back, or has to listen for a dead time first, depends on whether a peer can have taken over.
 *
 * No peer can before it has missed our advertisements for its own dead time: with our advbase and dead ratio at least
 * `deadRatio × advbase` seconds, whatever its advskew. A peer with others was BACKUP under us, so it waits at least one
 * of our intervals: to a shorter dead time we were a master that will time out (carp_input_c).
 *
 * An interface that goes again within a dead time of its return flaps: its host must not keep peers with a better one
 * from taking over, so it listens.
 */
export class LinkBlip {
  #patientUntil = Number.NEGATIVE_INFINITY;
  #backAt = Number.NEGATIVE_INFINITY;

  /** A MASTER has lost its interface. `patience`: its own dead time, ms. */
  lost(now: number, { lastSent, interval, advbase, deadRatio }: BlipTerms, patience: number): void {
    const flaps = now - this.#backAt < patience;
    const shortest = Math.max(deadTime(advbase, 0, deadRatio), interval);
    this.#patientUntil = flaps ? Number.NEGATIVE_INFINITY : lastSent + shortest;
  }

  /** It has left for another reason: nobody waits for it. */
  forget(): void {
    this.#patientUntil = Number.NEGATIVE_INFINITY;
  }

  /** The interface is back. Returns whether all peers are still waiting; only once. */
  back(now: number): boolean {
    const inTime = now < this.#patientUntil;
    if (inTime) this.#backAt = now;
    this.forget();
    return inTime;
  }
}
