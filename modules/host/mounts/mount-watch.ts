import type { EventHandlerList } from '../../../core/index.js';
import { isSameMount, type Mount, type MountPoint, parseMountinfo } from './mountinfo.js';

type Mounts = ReadonlyMap<number, Mount>;

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
  #mounts: Mounts;

  /** @throws what `read` throws */
  constructor(options: MountWatchOptions) {
    this.#options = options;
    this.#mounts = byId(options.read());
  }

  /** Called after a change. @throws what `read` throws */
  check(): void {
    const { read, mounted, unmounted, rootMounted } = this.#options;
    const before = this.#mounts;
    const after = byId(read());
    this.#mounts = after;
    for (const mount of [...before.values()].toReversed()) {
      if (!has(after, mount)) unmounted.invoke(plain(mount));
    }
    for (const mount of after.values()) {
      const isNew = !has(before, mount);
      if (isNew) mounted.invoke(plain(mount));
      if (mount.on === '/' && (isNew || before.get(mount.id)?.on !== '/')) rootMounted.invoke();
    }
  }
}

function byId(text: string): Mounts {
  return new Map(parseMountinfo(text).map((mount) => [mount.id, mount]));
}

function has(mounts: Mounts, mount: Mount): boolean {
  const other = mounts.get(mount.id);
  return other !== undefined && isSameMount(mount, other);
}

function plain({ from, on, fstype }: Mount): MountPoint {
  return { from, on, fstype };
}
