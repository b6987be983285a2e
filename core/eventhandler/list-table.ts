/** Slots of the cache, one per length of a name; names of 64 characters or more share slots with shorter ones. */
const SLOTS = 64;

/**
 * The lists of a registry, by name.
 *
 * A look-up in a Map takes longer than calling a handler. A program looks up few lists, again and again, and few of their
 * names have the same length. So a cache in front of the Map keeps the list last found for each length: a hit costs two
 * comparisons, a miss costs these and the look-up.
 */
export class ListTable<L extends { readonly name: string }> {
  readonly #lists = new Map<string, L>();
  readonly #recent = new Array<L | undefined>(SLOTS).fill(undefined);

  get(name: string): L | undefined {
    const list = this.#recent[name.length % SLOTS];
    return list !== undefined && list.name === name ? list : this.#lookUp(name);
  }

  add(list: L): void {
    this.#lists.set(list.name, list);
  }

  /** All lists, in the order in which they were added. */
  values(): Iterable<L> {
    return this.#lists.values();
  }

  #lookUp(name: string): L | undefined {
    const list = this.#lists.get(name);
    if (list !== undefined) this.#recent[name.length % SLOTS] = list;
    return list;
  }
}
