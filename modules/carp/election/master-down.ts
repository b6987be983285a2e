import type { Callout, Clock } from '../../../core/time/index.js';
import type { InetFamily } from '../../ifnet/index.js';

/** Long enough for everything that runs for the first time, short enough that it is still in the caches. */
const REHEARSAL_MS = 50;
/** A shorter wait leaves no time to rehearse. */
const MIN_WAIT_MS = 4 * REHEARSAL_MS;

/** What is to be done when the time comes. */
export interface MasterDownOwner {
  readonly name: string;
  /** The master is about to be taken for dead. */
  rehearse(): void;
}

/**
 * The master-down timer of one family. Shortly before its deadline it has the takeover rehearsed: that runs once in months,
 * and what is compiled only when the master is dead makes the successor late by milliseconds.
 */
export class MasterDownTimer {
  readonly #clock: Clock;
  readonly #family: InetFamily;
  readonly #owner: MasterDownOwner;
  readonly #expired: (family: InetFamily, late: number) => void;
  /** Made when it is first armed: most vhids have one family. */
  #callout: Callout | undefined;
  #deadline = Number.POSITIVE_INFINITY;

  /** @param expired the master of the family is to be taken for dead, `late` ms after the deadline */
  constructor(
    clock: Clock,
    family: InetFamily,
    owner: MasterDownOwner,
    expired: (family: InetFamily, late: number) => void,
  ) {
    this.#clock = clock;
    this.#family = family;
    this.#owner = owner;
    this.#expired = expired;
  }

  get pending(): boolean {
    return this.#callout?.pending === true;
  }

  /** When it is due, on the kernel's clock; the last one if it is not armed. */
  get deadline(): number {
    return this.#deadline;
  }

  arm(deadline: number, now = this.#clock.now()): void {
    this.#deadline = deadline;
    this.#callout ??= this.#make();
    const rehearses = deadline - now >= MIN_WAIT_MS;
    this.#callout.resetAt(rehearses ? deadline - REHEARSAL_MS : deadline);
  }

  stop(): void {
    this.#callout?.stop();
  }

  #make(): Callout {
    const name = `carp ${this.#owner.name} master-down${this.#family === 6 ? '6' : ''}`;
    const callout = this.#clock.callout(name, (late) => {
      if (callout.deadline >= this.#deadline) return this.#expired(this.#family, late);
      callout.resetAt(this.#deadline);
      this.#owner.rehearse();
    });
    return callout;
  }
}
