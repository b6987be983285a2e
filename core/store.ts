import type { InjectionToken } from './di.js';
import { describe } from './errors.js';
import type { Json } from './json.js';
import type { Log } from './log/index.js';

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

/** The store of a kernel's user, which may break its word: what it throws costs a log line, and no module anything. */
export function guarded(store: StateStore, log: Pick<Log, 'limited'>): StateStore {
  const failed = (what: string, name: string, error: unknown): void =>
    log.limited(`store ${what}`).warning(`the store could not ${what} ${name}: ${describe(error)}`);
  return {
    read: (name) => {
      try {
        return store.read(name);
      } catch (error) {
        failed('read', name, error);
        return undefined;
      }
    },
    write: async (name, state) => {
      try {
        // One of before that returns nothing has always kept it.
        const kept: unknown = await store.write(name, state);
        return kept !== false;
      } catch (error) {
        failed('write', name, error);
        return false;
      }
    },
  };
}

/** The kernel's {@link StateStore}. */
export const STORE: InjectionToken<StateStore> = Symbol('carpet: store');
