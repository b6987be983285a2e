/** One registration: a node of its list. Only the list writes to it. */
export class Entry {
  prev: Entry | null = null;
  next: Entry | null = null;
  /** Never called again. A mark of its own and not a special priority, which would lose the sort key. */
  dead = false;
  /** Part of the list, perhaps dead, so that a dispatch that stands on it finds its way on. */
  linked = false;
  /** Calls whose promise has not settled yet. */
  inflight = 0;
  /** Those of them that an invokeAsync waits for before it moves on: as long as there are any, it stays linked. */
  parked = 0;
  calls = 0;
  errors = 0;
  waiters: (() => void)[] | null = null;
  /** Where it was registered; kept only for a list that looks like a leak. */
  stack: string | null = null;
  /** Ends the subscription to the AbortSignal that came with the registration. */
  unsubscribe: (() => void) | null = null;

  constructor(
    readonly func: (...args: unknown[]) => unknown,
    readonly hasArg: boolean,
    readonly arg: unknown,
    readonly priority: number,
    readonly label: string | undefined,
    readonly owner: string | undefined,
  ) {}

  get name(): string {
    return this.label ?? (this.func.name || 'anonymous');
  }

  /** To be called when a promise of this handler has settled. */
  settled(): void {
    this.inflight--;
    if (this.inflight === 0) this.release();
  }

  release(): void {
    const waiters = this.waiters;
    if (waiters === null) return;
    this.waiters = null;
    for (const resolve of waiters) resolve();
  }
}
