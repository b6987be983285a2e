import { timeFromJson, timeToJson } from '../../vip/index.js';
import type { CarpMachineState } from '../handover/schema.js';
import { deadTime } from './interval.js';

/** The terms of how long the peers of a MASTER wait for it. */
export interface BlipTerms {
  /** When its last advertisement left, in ms. */
  readonly lastSent: number;
  /** The interval in force then, in ms. */
  readonly interval: number;
  /** Seconds. */
  readonly advbase: number;
  readonly deadRatio: number;
}

/**
 * A MASTER loses its interface for a moment: a cable, a switch that restarts, a driver that resets. When the interface
 * is back, the host is MASTER again if no peer can have taken over; else it listens for a dead time first.
 *
 * A peer takes over only after it missed our advertisements for its own dead time. With our advbase and dead ratio that
 * is at least `deadRatio × advbase` seconds, whatever its advskew. A peer with other values was BACKUP under us, so it
 * waits at least one of our intervals: with a shorter dead time it would have taken over (`master will time out`,
 * carp_input_c).
 *
 * An interface that goes down again within a dead time of its return is flapping: its host listens, so that peers with a
 * better interface can take over.
 */
export class LinkBlip {
  #patientUntil = Number.NEGATIVE_INFINITY;
  #backAt = Number.NEGATIVE_INFINITY;

  /** A MASTER has lost its interface. @param patience its own dead time, in ms */
  lost(now: number, { lastSent, interval, advbase, deadRatio }: BlipTerms, patience: number): void {
    const flaps = now - this.#backAt < patience;
    const shortest = Math.max(deadTime(advbase, 0, deadRatio), interval);
    this.#patientUntil = flaps ? Number.NEGATIVE_INFINITY : lastSent + shortest;
  }

  capture(): CarpMachineState['blip'] {
    return { patientUntil: timeToJson(this.#patientUntil), backAt: timeToJson(this.#backAt) };
  }

  adopt({ patientUntil, backAt }: CarpMachineState['blip']): void {
    this.#patientUntil = timeFromJson(patientUntil);
    this.#backAt = timeFromJson(backAt);
  }

  /** The machine slept for so many ms, which the kernel's clock did not count, and the peers did. */
  slept(ms: number): void {
    this.#patientUntil -= ms;
    this.#backAt -= ms;
  }

  /** It stopped being MASTER for another reason: no peer waits for it. */
  forget(): void {
    this.#patientUntil = Number.NEGATIVE_INFINITY;
  }

  /** The interface is back. @returns whether all peers are still waiting; false when asked again */
  back(now: number): boolean {
    const inTime = now < this.#patientUntil;
    if (inTime) this.#backAt = now;
    this.forget();
    return inTime;
  }
}
