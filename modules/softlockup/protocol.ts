/** What the kernel and the thread that watches it share, and what the thread reports. */

/** Places in the shared memory. */
export const BEATS = 0;
/** Not zero while a debugger may hold the kernel: it is not looked at then. */
export const DEBUGGED = 1;
/** Nothing is written there: what waits for a change waits for as long as it wants to. */
export const NEVER = 2;
export const PLACES = 3;

/** What the thread starts with. */
export interface WatchData {
  readonly memory: SharedArrayBuffer;
  /** Silence after which the kernel counts as held up, ms. */
  readonly limitMs: number;
}

/** What the kernel was doing for its modules: a handler, or a callout. */
export interface Dispatch {
  readonly list?: string;
  readonly handler?: string;
  readonly priority?: number;
  readonly callout?: string;
  /** The module whose handler or callout it is. */
  readonly owner?: string;
}

/** Where the kernel stood still. */
export interface Sighting {
  /** The beat after which it stood still. */
  readonly beat: number;
  /** Missing where the thread itself was not run: the machine is to blame. */
  readonly starved?: boolean;
  readonly dispatch?: Dispatch | undefined;
  /** The innermost frames, `spin (file:///srv/pager.js:12)`, without those of Node and of the kernel. */
  readonly stack: readonly string[];
}
