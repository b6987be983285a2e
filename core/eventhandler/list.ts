/**
 * @module
 * Dispatch and removal in one event handler list.
 *
 * The list holds its entries in the order of priority, oldest first among equals. S1 to S30 in the comments of this folder
 * number the situations that its tests play. A dispatch walks the entries and calls each:
 * - handlers may register, deregister and invoke, this list too; a nested dispatch runs to its end first (S7);
 * - what is added behind the running handler is called in the same dispatch (S8), before it is not;
 * - a handler that is deregistered is never called again, not even by a dispatch in progress (S10);
 * - the error of a handler that throws, or whose promise rejects, is reported, and the dispatch goes on.
 *
 * `depth` counts the dispatches on the stack. While there are any, dead entries stay linked so that each dispatch finds
 * its way on; an invokeAsync that waits for a promise is off the stack and holds only the entry it waits at, so
 * overlapping async dispatches do not keep the dead for ever, as they do in C (S16).
 *
 * Two invokeAsync of one list interleave at their awaits: an async handler must be re-entrant (S28).
 */
import { CarpetError, describe, isOf } from '../errors.js';
import { isThenable } from '../thenable.js';
import { ALIVE, type Entry, type Flight, FRESH } from './entry.js';
import { Epochs } from './epoch.js';
import { EventHandlerError, isStackOverflow, RunawayError } from './errors.js';
import { HandlerList } from './handler-list.js';
import type { Inquiry } from './inquiry.js';
import { AWAITED, type CallManner, callAs, PLAIN, type RemoteHandling } from './remote.js';
import { vetoOf } from './veto.js';
import { unlessAborted, watched } from './wait.js';

/**
 * How deep dispatches of one list may nest. Node's stack holds twice as many before V8 has optimised them (some 1000 of those
 * that wait, on Node 22), so handlers have half of it for themselves.
 */
const MAX_DEPTH = 500;
/** A list that is nested at least this deep when the stack overflows is what has filled it. */
const DEEP = 50;

/** What an asynchronous dispatch is besides its arguments. */
interface Dispatch {
  /** Handlers of this one alone are called. */
  readonly priority?: number | undefined;
  readonly inquiry?: Inquiry;
  /** Ends it before its time. */
  readonly signal?: AbortSignal;
}

/**
 * One event handler list, `struct eventhandler_list` of EVENTHANDLER(9): handlers in the order of their priorities, and
 * the dispatches under way. Made by {@link EventHandlerRegistry.defineList}.
 */
export class EventHandlerList<A extends unknown[] = unknown[], R = unknown> extends HandlerList<A, R> {
  /** Receives the errors of this list's handlers instead of the registry's `onError`. */
  onError: ((error: EventHandlerError) => void) | undefined = undefined;
  /** What happens when a handler in another address space does not keep up, or does not answer. */
  readonly remote: RemoteHandling = { overflow: 'oldest', unanswered: 'refuse' };
  /** @internal While a handler is being called: what becomes of what it returns. */
  manner: CallManner = PLAIN;

  readonly #epochs = new Epochs();

  /** EVENTHANDLER_DIRECT_INVOKE: calls every handler, without a look-up. Does not wait for the async ones. */
  invoke(...args: A): void {
    let entry = this.head;
    if (entry === null) return;
    if (++this.started - this.ended > MAX_DEPTH) this.#tooDeep();
    // The first handler, which is all that most lists have, is called from a place of its own: a processor that has to
    // guess where a call goes next tells two places apart better than one. With sixteen that saves a quarter of the time.
    try {
      this.#call(entry, ...args);
      for (entry = entry.next; entry !== null; entry = entry.next) this.#call(entry, ...args);
    } catch (error) {
      // Runaway, or no room on the stack: none for a call of `leave` either.
      this.ended++;
      if (this.dirty && this.ended === this.started) this.settle();
      throw error;
    }
    this.leave();
  }

  /**
   * Calls every handler, and waits for the promise of each before it calls the next: priority order is then the order
   * of completion. Handlers that throw or reject are reported as by `invoke`; the promise does not reject for them.
   */
  invokeAsync(...args: A): Promise<void> {
    return this.#dispatchAsync(args);
  }

  /**
   * As `invokeAsync`, until the signal aborts: a call that is in progress then goes on and is no longer waited for, and
   * handlers behind it are not called.
   * @throws the signal's reason, as a rejection, if it aborts before the last handler has ended
   */
  invokeUntil(signal: AbortSignal, ...args: A): Promise<void> {
    return this.#dispatchAsync(args, { signal });
  }

  /** @internal As `invoke`, the handlers of one priority alone: the others are called from another address space. */
  invokeAt(priority: number, ...args: A): void {
    this.enter();
    try {
      for (let entry = this.head; entry !== null; entry = entry.next) {
        if (entry.priority !== priority) continue;
        if (entry.state === ALIVE) entry.calls++;
        this.#call(entry, ...args);
      }
    } finally {
      this.leave();
    }
  }

  /** @internal As `invokeAsync`, the handlers of one priority alone. */
  invokeAsyncAt(priority: number, ...args: A): Promise<void> {
    return this.#dispatchAsync(args, { priority });
  }

  /** @internal As `invoke`, of a list with a result. @throws EventHandlerError if the inquiry fails closed */
  ask(args: A, inquiry: Inquiry): void {
    const { taken, failClosed } = inquiry;
    this.enter();
    try {
      if (this.depth > MAX_DEPTH) throw this.#recursion(MAX_DEPTH);
      for (let entry = this.head; entry !== null; entry = entry.next) {
        if (entry.state > FRESH) continue;
        entry.calls++;
        try {
          const result = this.#atOnce(entry, args, inquiry);
          if (result !== undefined && !taken(result)) break;
        } catch (error) {
          const failure = this.#runaway(error) ?? this.#fail(entry, error, args);
          if (failClosed || failure instanceof RunawayError) throw failure;
        }
      }
    } finally {
      this.leave();
    }
  }

  /**
   * @internal As `invokeAsync`, of a list with a result. Rejects where `ask` throws.
   * @param priority of the handlers that are asked; default: all
   */
  askAsync(args: A, inquiry: Inquiry, priority?: number): Promise<void> {
    return this.#dispatchAsync(args, { priority, inquiry });
  }

  async #dispatchAsync(args: A, { priority, inquiry, signal }: Dispatch = {}): Promise<void> {
    let entry = this.head;
    signal?.throwIfAborted();
    if (entry === null) return;
    const manner = inquiry === undefined ? AWAITED : { awaiting: true, inquiry };
    const epoch = this.#epochs.enter();
    this.enter();
    try {
      if (this.depth > MAX_DEPTH) throw this.#recursion(MAX_DEPTH);
      let budget = this.count + this.policy.runawayLimit;
      for (; entry !== null; entry = entry.next) {
        if (entry.state > FRESH || (priority !== undefined && entry.priority !== priority)) continue;
        entry.calls++;
        if (budget-- === 0) {
          throw RunawayError.registrations(this.name, entry.name, this.policy.runawayLimit);
        }
        try {
          let result = callAs(this, manner, entry.func, args);
          if (isThenable(result)) result = await this.#park(entry, result, signal);
          if (inquiry !== undefined && result !== undefined && !inquiry.taken(result)) break;
        } catch (error) {
          if (signal?.aborted === true && error === signal.reason) throw error;
          const failure = this.#runaway(error) ?? this.#fail(entry, error, args);
          if (inquiry?.failClosed || failure instanceof RunawayError) throw failure;
        }
        signal?.throwIfAborted();
      }
    } finally {
      this.leave();
      this.#epochs.leave(epoch);
    }
  }

  /**
   * Resolves when every call that is in progress now has ended. Later ones are not waited for. Not for handlers of
   * this list to await: they would wait for themselves, and be warned about.
   */
  async drain(): Promise<void> {
    // One step later the stack has unwound, and the promises of the handlers that were on it are known.
    await Promise.resolve();
    const running = this.live().filter((entry) => entry.inflight > 0);
    const names = running.map((entry) => entry.name).join(', ');
    await watched(`${this.name}: drain`, names || 'removed handlers', this.policy, this.#epochs.close());
  }

  /**
   * One handler's turn in a plain dispatch. Every handler in the house is called from here. What looks free was measured
   * to be: the rest parameter, the try around each call, the look at the result. Counting calls in each entry was not
   * (see Entry.calls).
   */
  #call(entry: Entry, ...args: A): void {
    if (entry.state !== ALIVE) {
      if (entry.state !== FRESH) return;
      entry.calls++;
    }
    try {
      const { func } = entry;
      const result = func(...args);
      if (result !== undefined) this.#track(entry, result, args);
    } catch (error) {
      const runaway = this.#runaway(error);
      if (runaway !== undefined) throw runaway;
      this.#fail(entry, error, args);
    }
  }

  /** What a handler answers. @throws what it throws, and EWOULDBLOCK for a promise */
  #atOnce(entry: Entry, args: A, inquiry: Inquiry): unknown {
    const result = callAs(this, { awaiting: false, inquiry }, entry.func, args);
    if (!isThenable(result)) return result;
    this.#track(entry, result, args);
    throw new CarpetError('EWOULDBLOCK', 'it is async and cannot answer at once: use invokeAsync');
  }

  /** Out of line, so that `invoke` stays small. Ends the dispatch that has just begun. */
  #tooDeep(): never {
    const error = this.#recursion(MAX_DEPTH);
    this.leave();
    throw error;
  }

  #recursion(depth: number): RunawayError {
    return RunawayError.recursion(this.name, depth, () => this.depth > 0);
  }

  /** Keeps count of an async handler's call, which a plain dispatch does not wait for. */
  #track(entry: Entry, result: unknown, args: readonly unknown[]): void {
    if (!isThenable(result)) return;
    // The caller reads the answer when `invoke` returns. A promise has none by then, so it counts as busy.
    vetoOf(args)?.veto(`handler ${entry.name} of ${this.name} is async and cannot answer at once`);
    // First, since it asks the promise for its constructor, which may throw: then nothing is in flight.
    const settling = Promise.resolve(result);
    const epoch = this.#epochs.enter();
    const flight = entry.takeOff();
    this.#warnSelfWait(entry, flight);
    const ended = (): void => {
      flight.settled();
      this.#epochs.leave(epoch);
    };
    settling.then(ended, (error: unknown) => {
      this.#fail(entry, error);
      ended();
    });
  }

  /** Waits for a handler's promise, off the stack, with the dispatch standing on the entry. */
  async #park(entry: Entry, result: PromiseLike<unknown>, signal?: AbortSignal): Promise<unknown> {
    const flight = entry.takeOff();
    flight.parked++;
    this.#warnSelfWait(entry, flight);
    this.waiting++;
    this.leave();
    try {
      if (signal === undefined) return await result;
      return await unlessAborted(result, signal, () => this.#track(entry, result, []));
    } finally {
      this.enter();
      this.waiting--;
      flight.parked--;
      flight.settled();
    }
  }

  /** Waited for, and so dead, and alive when it was called: the wait began inside this very call. */
  #warnSelfWait(entry: Entry, flight: Flight): void {
    if (flight.waiters.length === 0) return;
    this.policy.warn(
      `${this.name}: handler ${entry.name} deregisters itself and its promise is still pending; ` +
        'if it awaits that, it waits for ever: use deregisterNowait inside a handler',
    );
  }

  /**
   * What ends this list's dispatch, if the error does: a runaway of its own, or one that is on its way through to the
   * outermost dispatch of another list; and the end of the stack, where this list's recursion is what filled it.
   */
  #runaway(error: unknown): RunawayError | undefined {
    if (isOf(error, RunawayError)) return error.passes(this.name) ? error : undefined;
    return this.depth > DEEP && isStackOverflow(error) ? this.#recursion(this.depth) : undefined;
  }

  /** In an event that asks, an error is a refusal besides: what cannot say whether it is busy counts as busy. */
  #fail(entry: Entry, cause: unknown, args: readonly unknown[] = []): EventHandlerError {
    entry.errors++;
    vetoOf(args)?.veto(`handler ${entry.name} of ${this.name} failed: ${describe(cause)}`);
    const { name: handler, priority, details } = entry;
    const error = new EventHandlerError(this.name, { handler, priority, owner: details?.owner }, cause);
    try {
      (this.onError ?? this.policy.onError)(error);
    } catch (thrown) {
      queueMicrotask(() => {
        throw thrown;
      });
    }
    return error;
  }
}
