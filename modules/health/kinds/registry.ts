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

  /** Adds a kind, until the result is disposed of: give it to your scope. @throws HealthError EEXIST */
  add(kind: string, probe: Probe): Disposable {
    if (this.#probes.has(kind)) throw new HealthError('EEXIST', `health: the kind ${kind} exists already`);
    this.#probes.set(kind, probe);
    return { [Symbol.dispose]: () => void this.#probes.delete(kind) };
  }

  find(kind: string): Probe | undefined {
    return this.#probes.get(kind);
  }
}
