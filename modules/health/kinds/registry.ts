import type { Clock } from '../../../core/index.js';
import { HealthError } from '../errors.js';

/**
 * Looks once. Resolves when all is well, with a few words on it if it likes; rejects with the reason when it is not.
 *
 * @param settings those of the check, `with` in the settings file
 * @param signal aborts at the check's timeout: give up then
 */
export type Probe = (settings: unknown, signal: AbortSignal) => Promise<string | void> | string | void;

/** The kinds of checks of one kernel. */
export class HealthKinds {
  readonly #probes = new Map<string, Probe>();
  /** Called when a kind is added. */
  readonly #waiting = new Set<() => void>();

  /** Adds a kind, until the result is disposed of: give it to your scope. @throws HealthError EEXIST */
  add(kind: string, probe: Probe): Disposable {
    if (this.#probes.has(kind)) throw new HealthError('EEXIST', `health: the kind ${kind} exists already`);
    this.#probes.set(kind, probe);
    for (const look of this.#waiting) look();
    return { [Symbol.dispose]: () => void this.#probes.delete(kind) };
  }

  /**
   * That kind, waited for as long as `patience` ms: modules that offer kinds start, and start again at a reload, after health.
   * @throws HealthError EFAILED, as a rejection, when nobody offers it
   */
  async find(kind: string, patience: number, clock: Clock, signal: AbortSignal): Promise<Probe> {
    if (!this.#probes.has(kind)) await this.#added(kind, patience, clock, signal);
    const probe = this.#probes.get(kind);
    if (probe === undefined) throw new HealthError('EFAILED', `no module offers the kind ${kind}`);
    return probe;
  }

  #added(kind: string, patience: number, clock: Clock, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        this.#waiting.delete(look);
        signal.removeEventListener('abort', end);
        callout[Symbol.dispose]();
        resolve();
      };
      const callout = clock.callout(`health kind ${kind}`, end);
      const look = (): void => void (this.#probes.has(kind) && end());
      this.#waiting.add(look);
      signal.addEventListener('abort', end);
      callout.reset(patience);
    });
  }
}
