/** Lengths of names that are told apart; longer names share slots. */
const SLOTS = 64;

/**
 * The lists of a registry by their names.
 *
 * A look-up in a Map takes longer than calling a handler. A program names few lists again and again, and few of their
 * names are of one length: so the list that was last found for a name's length is tried first, which is two
 * comparisons; another name costs these besides the Map.
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

  /** In the order in which they were added. */
  values(): Iterable<L> {
    return this.#lists.values();
  }

  #lookUp(name: string): L | undefined {
    const list = this.#lists.get(name);
    if (list !== undefined) this.#recent[name.length % SLOTS] = list;
    return list;
  }
}
