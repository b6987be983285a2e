export const ALIVE = 0;
/** Alive, and registered while its list was being dispatched: counts its calls itself, see `Entry.calls`. */
export const FRESH = 1;
/** Never called again, but still linked, so that a dispatch that stands on it finds its way on. */
export const DEAD = 2;
/** Dead, and out of the list. */
export const GONE = 3;

/** Calls of one handler whose promises have not settled: made by the first of them. */
export class Flight {
  inflight = 0;
  /** Those that an invokeAsync waits for before it moves on: as long as there are any, the entry stays linked. */
  parked = 0;
  waiters: (() => void)[] = [];
  /** Called at each end of a call; see {@link ended}. */
  #watchers: Set<() => void> | null = null;

  /** A promise of this handler has settled. */
  settled(): void {
    this.inflight--;
    if (this.#watchers !== null) for (const watcher of this.#watchers) watcher();
    if (this.inflight === 0) this.release();
  }

  /** Resolves when as many calls have ended as are in progress now; undefined if none is. */
  ended(): Promise<void> | undefined {
    let left = this.inflight;
    if (left === 0) return undefined;
    return new Promise((resolve) => {
      const watcher = (): void => {
        if (--left > 0) return;
        this.#watchers?.delete(watcher);
        resolve();
      };
      this.#watchers ??= new Set();
      this.#watchers.add(watcher);
    });
  }

  release(): void {
    const { waiters } = this;
    this.waiters = [];
    for (const resolve of waiters) resolve();
  }
}

/** A handler, whatever its event's arguments are. */
export type Callable = (...args: unknown[]) => unknown;

/** The function's own name. Reading it may run code of a module, which may throw: of its own making, or a revoked proxy's. */
function nameOf(handler: Callable): string {
  try {
    return typeof handler.name === 'string' && handler.name !== '' ? handler.name : 'anonymous';
  } catch {
    return 'unreadable';
  }
}

/** What few registrations have, or few people ask for. */
export interface EntryDetails {
  name?: string | undefined;
  owner?: string | undefined;
  /** Called when the handler has been removed, so that the keeper of its tag can forget it. */
  removed?: (() => void) | undefined;
  /** Where it was registered; kept only for a list that looks like a leak. */
  stack?: string;
  /** Ends the subscription to the AbortSignal that came with the registration. */
  unsubscribe?: () => void;
  /** While a tracer follows its calls: what a dispatch calls otherwise. */
  unwatched?: Callable;
  /** While its calls are diverted: what would be called; and if they are held, when those have ended that began before. */
  diverted?: { readonly func: Callable; readonly ended: Promise<void> | undefined };
}

/**
 * One registration: a node of its list, which alone writes to it. It is kept small, since registering costs what it takes
 * to fill it in.
 */
export class Entry {
  prev: Entry | null = null;
  next: Entry | null = null;
  /** A mark of its own and not a special priority as in C, which would lose the sort key (S13). */
  state: typeof ALIVE | typeof FRESH | typeof DEAD | typeof GONE = ALIVE;
  /**
   * While ALIVE, the calls less the plain dispatches of the list: each of them calls every such entry, so the list
   * counts for all and `invoke` writes to no entry. While FRESH, the calls.
   */
  calls = 0;
  errors = 0;
  flight: Flight | null = null;

  constructor(
    /** What a dispatch calls, with the event's arguments. */
    public func: Callable,
    /** What was registered. */
    readonly handler: Callable,
    readonly priority: number,
    public details: EntryDetails | null,
  ) {}

  get name(): string {
    return this.details?.name ?? nameOf(this.handler);
  }

  get inflight(): number {
    return this.flight === null ? 0 : this.flight.inflight;
  }

  /** Whether it has been deregistered. */
  get removed(): boolean {
    return this.state > FRESH;
  }

  /** Whether an invokeAsync stands on it. */
  get parked(): boolean {
    return this.flight !== null && this.flight.parked > 0;
  }

  /** A call of it has returned a promise. */
  takeOff(): Flight {
    this.flight ??= new Flight();
    this.flight.inflight++;
    return this.flight;
  }
}
