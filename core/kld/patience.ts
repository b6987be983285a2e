import type { Callout, Clock } from '../time/index.js';

/** A step that is being waited for. */
interface Wait {
  readonly step: string;
  /** The clock's now before which it is not given up. */
  readonly notBefore: number;
  readonly giveUp: () => void;
  callout: Callout | undefined;
}

/**
 * How long the end of a module may take. At first for ever; {@link until} sets a deadline, also while a step is being
 * waited for. A step that takes longer is left behind, and the next one begins.
 */
export class Patience {
  readonly #clock: Clock;
  readonly #name: string;
  readonly #waits = new Set<Wait>();
  readonly #left = new Set<string>();
  #deadline = Number.POSITIVE_INFINITY;

  /** @param name whose end it is, for the names of callouts */
  constructor(clock: Clock, name: string) {
    this.#clock = clock;
    this.#name = name;
  }

  /** The steps that were left behind. */
  get left(): readonly string[] {
    return [...this.#left];
  }

  /** The step that is being waited for; of one within another, the outer one. */
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
   * Waits for one step, as long as the patience lasts.
   *
   * @param atLeastMs the step has this long even after the deadline, in milliseconds
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
      work.catch(() => {});
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
