import type { Callout, Clock } from '../time/index.js';

/** A step in progress. */
interface Wait {
  readonly step: string;
  /** The earliest time to abandon it, on the clock's now. */
  readonly notBefore: number;
  readonly giveUp: () => void;
  callout: Callout | undefined;
}

/**
 * Limits the time that unloading a module may take. There is no limit until {@link until} sets a deadline, which applies to
 * a step in progress too. A step that exceeds it is abandoned, and the next one begins.
 */
export class Patience {
  readonly #clock: Clock;
  readonly #name: string;
  readonly #waits = new Set<Wait>();
  readonly #left = new Set<string>();
  #deadline = Number.POSITIVE_INFINITY;

  /** @param name the module's name, for the names of callouts */
  constructor(clock: Clock, name: string) {
    this.#clock = clock;
    this.#name = name;
  }

  /** The abandoned steps. */
  get left(): readonly string[] {
    return [...this.#left];
  }

  /** The step in progress; of nested steps, the outermost. */
  get waitsFor(): string | undefined {
    const [wait] = this.#waits;
    return wait?.step;
  }

  /** Sets the deadline, on the clock's now; a later one than it has is a no-op. */
  until(deadline: number): void {
    if (deadline >= this.#deadline) return;
    this.#deadline = deadline;
    for (const wait of this.#waits) this.#arm(wait);
  }

  /**
   * Waits for one step until the deadline.
   *
   * @param atLeastMs the time that the step gets even if the deadline has passed, in milliseconds
   * @returns whether the step ended in time; what it throws later is ignored
   * @throws what the step throws in time
   */
  async wait(step: string, work: Promise<unknown>, atLeastMs = 0): Promise<boolean> {
    let giveUp = (): void => {};
    const expired = new Promise<false>((resolve) => {
      giveUp = () => resolve(false);
    });
    const wait: Wait = { step, notBefore: this.#clock.now() + atLeastMs, giveUp, callout: undefined };
    this.#waits.add(wait);
    this.#arm(wait);
    try {
      if (await Promise.race([work.then(() => true), expired])) return true;
      this.#left.add(step);
      return false;
    } finally {
      wait.callout?.stop();
      this.#waits.delete(wait);
    }
  }

  #arm(wait: Wait): void {
    if (this.#deadline === Number.POSITIVE_INFINITY) return;
    wait.callout ??= this.#clock.callout(`${this.#name} unloading`, wait.giveUp);
    wait.callout.resetAt(Math.max(this.#deadline, wait.notBefore));
  }
}
