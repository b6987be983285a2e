/** What outlives the modules that use it, because what it counts does: a thread that hangs is of no module. One of a class in a kernel. */
export class Keepsakes {
  readonly #made = new Map<new () => object, object>();

  /** The kernel's object of this class; made when it is asked for first. */
  get<T extends object>(type: new () => T): T {
    const made = (this.#made.get(type) as T | undefined) ?? new type();
    this.#made.set(type, made);
    return made;
  }
}
