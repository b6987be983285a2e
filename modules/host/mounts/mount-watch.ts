import type { EventHandlerList, MountPoint } from '../../../core/index.js';
import { type Mount, parseMountinfo } from './mountinfo.js';

/** What a MountWatch works with. */
export interface MountWatchOptions {
  /** Reads the table of mounts. @throws if its namespace is gone */
  readonly read: () => string;
  readonly mounted: EventHandlerList<[mount: MountPoint]>;
  readonly unmounted: EventHandlerList<[mount: MountPoint]>;
  readonly rootMounted: EventHandlerList<[]>;
}

/**
 * Compares the table of mounts with what it was, and invokes an event for each difference: first what is gone, the inner
 * before the outer, then what is new, the outer before the inner. A mount that was moved is neither, but for mountroot.
 */
export class MountWatch {
  readonly #options: MountWatchOptions;
  #mounts: ReadonlyMap<string, Mount>;

  /** @throws what `read` throws */
  constructor(options: MountWatchOptions) {
    this.#options = options;
    this.#mounts = byKey(options.read());
  }

  /** Called after a change. @throws what `read` throws */
  check(): void {
    const { read, mounted, unmounted, rootMounted } = this.#options;
    const before = this.#mounts;
    const after = byKey(read());
    this.#mounts = after;
    for (const mount of [...before.values()].toReversed()) {
      if (!after.has(mount.key)) unmounted.invoke(plain(mount));
    }
    for (const mount of after.values()) {
      const known = before.get(mount.key);
      if (known === undefined) mounted.invoke(plain(mount));
      if (mount.on === '/' && known?.on !== '/') rootMounted.invoke();
    }
  }
}

function byKey(text: string): Map<string, Mount> {
  return new Map(parseMountinfo(text).map((mount) => [mount.key, mount]));
}

function plain({ from, on, fstype }: Mount): MountPoint {
  return { from, on, fstype };
}
