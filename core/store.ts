import type { InjectionToken } from './di.js';
import type { Json } from './json.js';

/**
 * Small things that modules keep for the next start of the host. What is read may be old, or gone: a module must be safe
 * without it.
 */
export interface StateStore {
  /** What was last written under the name; undefined if there is nothing, or nothing that can be read. Never throws. */
  read(name: string): Json | undefined;
  /**
   * Replaces it, now or soon. For what changes rarely: it may cost a write to the disk.
   *
   * @returns whether it is kept; on a disk that hangs that is never known. Neither throws nor rejects
   */
  write(name: string, state: Json): Promise<boolean>;
}

/** Keeps nothing: the default. */
export const forgetful: StateStore = { read: () => undefined, write: () => Promise.resolve(false) };

/** The kernel's {@link StateStore}. */
export const STORE: InjectionToken<StateStore> = Symbol('carpet: store');
