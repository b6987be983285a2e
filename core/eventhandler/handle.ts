import type { Callable, Entry } from './entry.js';

/** The list of a handler, as far as it is needed here. */
interface HandlerList {
  readonly name: string;
  place(entry: Entry, before: Entry): void;
}

/**
 * One registered handler, for those that take its place for a while: a reload, which holds the calls of a module back.
 * Its entry stays in the list, so that its place among the others does.
 */
export class HandlerHandle {
  readonly #list: HandlerList;
  readonly #entry: Entry;
  readonly #tag: Disposable;

  constructor(list: HandlerList, entry: Entry, tag: Disposable) {
    this.#list = list;
    this.#entry = entry;
    this.#tag = tag;
  }

  get event(): string {
    return this.#list.name;
  }

  get name(): string {
    return this.#entry.name;
  }

  /** Resolves when the calls have ended that were in progress when it was {@link hold held}; undefined while it is not. */
  get ended(): Promise<void> | undefined {
    return this.#entry.details?.diverted?.ended;
  }

  /** From now on a dispatch calls this instead. */
  divert(to: Callable): void {
    const entry = this.#entry;
    entry.details = { ...entry.details, diverted: { func: handlerOf(entry), ended: undefined } };
    setCalled(entry, to);
  }

  /** As {@link divert}; besides, its scope leaves it to the caller to remove it. */
  hold(to: Callable): void {
    const entry = this.#entry;
    const ended = entry.flight?.ended() ?? Promise.resolve();
    entry.details = { ...entry.details, diverted: { func: handlerOf(entry), ended } };
    setCalled(entry, to);
  }

  /** A dispatch calls the handler itself again. */
  restore(): void {
    const { diverted, ...details } = this.#entry.details ?? {};
    if (diverted === undefined) return;
    this.#entry.details = details;
    setCalled(this.#entry, diverted.func);
  }

  /**
   * Moves it to right before a handler of the same list that has its priority. A dispatch that stands on that one does not
   * reach it any more, one that comes later does. It must be diverted, so that no dispatch stands on it.
   */
  takePlaceOf(other: HandlerHandle): void {
    this.#list.place(this.#entry, other.#entry);
  }

  /** Deregisters it, without waiting. */
  remove(): void {
    this.#tag[Symbol.dispose]();
  }

  /** Calls the handler itself, unless it has been removed. @throws what it throws */
  call(args: readonly unknown[]): unknown {
    const { details, func, removed } = this.#entry;
    if (removed) return undefined;
    this.#entry.calls++;
    return (details?.diverted?.func ?? func)(...args);
  }
}

/** The handler itself, whether its calls are diverted, or followed by a tracer, or neither. */
function handlerOf({ details, func }: Entry): Callable {
  return details?.diverted?.func ?? details?.unwatched ?? func;
}

function setCalled(entry: Entry, func: Callable): void {
  if (entry.details?.unwatched === undefined) entry.func = func;
  else entry.details.unwatched = func;
}
