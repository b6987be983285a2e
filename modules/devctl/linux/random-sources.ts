import type { EventHandlerList } from '../../../core/index.js';

/**
 * The hardware's sources of randomness (hw_random). The kernel announces none of them, but the driver that registers one is
 * bound to a device, which it does announce; then the names are read.
 */
export class RandomSources {
  readonly #list: EventHandlerList<[name: string]>;
  readonly #read: () => string | undefined;
  #names: ReadonlySet<string>;

  /** @param read rng_available, which has the names of all sources; undefined on a kernel without it */
  constructor(list: EventHandlerList<[name: string]>, read: () => string | undefined) {
    this.#list = list;
    this.#read = read;
    this.#names = this.#now();
  }

  /** Called when a driver was bound to a device, or unbound. */
  check(): void {
    const before = this.#names;
    this.#names = this.#now();
    for (const name of this.#names) if (!before.has(name)) this.#list.invoke(name);
  }

  #now(): ReadonlySet<string> {
    return new Set((this.#read() ?? '').split(/\s+/).filter((name) => name !== '' && name !== 'none'));
  }
}
