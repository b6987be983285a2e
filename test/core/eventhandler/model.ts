/**
 * What EVENTHANDLER(9) does, as simply as it can be said, with the departures that eventhandler lists here make:
 * - every entry ever registered stays in one array, sorted by priority and age; the dead are marked;
 * - a dispatch is a place in that order; its next handler is the first live entry behind that place (S4, S8, S10),
 *   whatever happened meanwhile (S13: a dead entry keeps its place);
 * - an entry's removal is over when none of its own calls is in progress (S14, S16).
 * There is no list to keep intact, so there is nothing here that the real one could have in common with it.
 */
export interface ModelEntry {
  readonly handler: () => Promise<void> | undefined;
  readonly priority: number;
  readonly age: number;
  dead: boolean;
  /** Held by a dispatch, so that prune may not count it as removed yet. */
  linked: boolean;
  /** Calls whose promise is pending. */
  pending: number;
  /** Asynchronous dispatches waiting for one of those. */
  waitedAt: number;
  calls: number;
  errors: number;
  whenQuiet: (() => void)[];
}

export class ModelList {
  readonly entries: ModelEntry[] = [];
  /** Dispatches on the stack, and waiting ones. */
  depth = 0;
  waiting = 0;
  #age = 0;
  #unfinished = new Set<Promise<void>>();

  register(priority: number, handler: ModelEntry['handler']): ModelEntry {
    const fresh = { dead: false, linked: true, pending: 0, waitedAt: 0, calls: 0, errors: 0 };
    const entry: ModelEntry = { handler, priority, age: this.#age++, whenQuiet: [], ...fresh };
    this.entries.push(entry);
    this.entries.sort((a, b) => a.priority - b.priority || a.age - b.age);
    return entry;
  }

  deregisterNowait(entry: ModelEntry | null): void {
    const doomed = entry === null ? this.entries.filter(({ dead }) => !dead) : [entry];
    for (const each of doomed) each.dead = true;
    if (this.depth === 0) this.prune();
  }

  async deregister(entry: ModelEntry | null): Promise<void> {
    const doomed = entry === null ? this.entries.filter(({ dead }) => !dead) : [entry];
    this.deregisterNowait(entry);
    // What stands on the stack now has returned, and said whether it is pending, one step later.
    await Promise.resolve();
    await Promise.all(
      doomed
        .filter(({ pending }) => pending > 0)
        .map((each) => new Promise<void>((resolve) => each.whenQuiet.push(resolve))),
    );
  }

  async drain(): Promise<void> {
    await Promise.all(this.#unfinished);
  }

  invoke(): void {
    this.depth++;
    for (let entry = this.#after(undefined); entry; entry = this.#after(entry)) {
      const promise = this.#call(entry);
      if (promise) this.#unfinish(promise);
    }
    this.#leave();
  }

  invokeAsync(): Promise<void> {
    const run = this.#dispatch();
    this.#unfinish(run);
    return run;
  }

  prune(): number {
    if (this.depth > 0) return 0;
    const removable = this.entries.filter(({ dead, linked, waitedAt }) => dead && linked && waitedAt === 0);
    for (const entry of removable) entry.linked = false;
    return removable.length;
  }

  get deadcount(): number {
    return this.entries.filter(({ dead, linked }) => dead && linked).length;
  }

  get alive(): ModelEntry[] {
    return this.entries.filter(({ dead }) => !dead);
  }

  async #dispatch(): Promise<void> {
    this.depth++;
    for (let entry = this.#after(undefined); entry; entry = this.#after(entry)) {
      const promise = this.#call(entry);
      if (!promise) continue;
      entry.waitedAt++;
      this.waiting++;
      this.#leave();
      await promise;
      entry.waitedAt--;
      this.waiting--;
      this.depth++;
    }
    this.#leave();
  }

  #leave(): void {
    this.depth--;
    this.prune();
  }

  #after(place: ModelEntry | undefined): ModelEntry | undefined {
    const start = place === undefined ? 0 : this.entries.indexOf(place) + 1;
    return this.entries.slice(start).find(({ dead }) => !dead);
  }

  /** @returns a promise that never rejects, if the handler is asynchronous */
  #call(entry: ModelEntry): Promise<void> | undefined {
    entry.calls++;
    let promise: Promise<void> | undefined;
    try {
      promise = entry.handler();
    } catch {
      entry.errors++;
    }
    if (!promise) return undefined;
    entry.pending++;
    const ended = (): void => {
      entry.pending--;
      if (entry.pending === 0) for (const resolve of entry.whenQuiet.splice(0)) resolve();
    };
    return promise.then(ended, () => {
      entry.errors++;
      ended();
    });
  }

  #unfinish(promise: Promise<void>): void {
    this.#unfinished.add(promise);
    void promise.then(() => this.#unfinished.delete(promise));
  }
}
