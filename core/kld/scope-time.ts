import { CarpetError, describe } from '../errors.js';
import { EventWaits } from '../eventhandler/waits.js';
import type { Callout, Clock } from '../time/index.js';

/** A task threw, or its promise rejected. What it threw is the `cause`; the code is `ETASK`. */
export class TaskError extends CarpetError {
  /** The task's name. */
  readonly task: string;
  /** The module that spawned it. */
  readonly owner: string;

  constructor(task: string, owner: string, cause: unknown) {
    super('ETASK', `task ${task} of ${owner} failed: ${describe(cause)}`, { cause });
    this.task = task;
    this.owner = owner;
  }
}

/** @internal A task that has not ended. */
export interface RunningTask {
  readonly name: string;
  readonly done: Promise<void>;
}

/**
 * What a module does with time, on the kernel's clock: all of it ends with the scope, is waited for at the unload, and is
 * named in errors.
 */
export abstract class ScopeTime extends EventWaits {
  abstract readonly name: string;
  abstract get clock(): Clock;
  /** Aborts when the scope ends. */
  abstract get signal(): AbortSignal;
  readonly #tasks = new Set<RunningTask>();
  /** Called when the signal aborts: a listener for each sleeper would be too many. */
  readonly #waiting = new Set<(reason: unknown) => void>();

  /** As {@link Clock.callout}, of this scope. */
  abstract callout(name: string, fn: (late: number) => void | Promise<void>): Callout;

  /** @internal */
  protected abstract failed(error: TaskError): void;

  /**
   * Resolves after `ms` milliseconds of the kernel's clock.
   *
   * @param options.signal ends it early
   * @throws CarpetError ECLOSED, as a rejection, when the scope ends; and the reason of `signal` when that aborts
   */
  async sleep(ms: number, { signal }: { readonly signal?: AbortSignal } = {}): Promise<void> {
    await this.#wait('sleep', ms, (resolve) => resolve(), signal).over;
  }

  /**
   * Does something that may take too long.
   *
   * @param name names it in the error
   * @param ms how long it may take on the kernel's clock, in milliseconds
   * @param work gets a signal that aborts when the time is over or the scope ends
   * @returns what the work does
   * @throws what the work throws, as a rejection; CarpetError ETIMEDOUT, or ECLOSED when the scope ends
   */
  async timeout<T>(name: string, ms: number, work: (signal: AbortSignal) => T | PromiseLike<T>): Promise<T> {
    const controller = new AbortController();
    const { over, stop } = this.#wait(name, ms, (_resolve, reject) =>
      reject(new CarpetError('ETIMEDOUT', `${this.name}: ${name} takes longer than ${ms} ms`)),
    );
    const gaveUp = over.then(
      () => undefined as never,
      (error: unknown) => {
        controller.abort(error);
        throw error;
      },
    );
    try {
      return await Promise.race([gaveUp, (async () => work(controller.signal))()]);
    } finally {
      stop();
    }
  }

  /**
   * Does something every `ms` milliseconds, for the first time after as many. It never overlaps itself: what falls due
   * while it still runs is left out.
   *
   * @param name names it in errors, which are reported as those of callouts and do not end it
   * @param work gets the scope's signal
   * @returns ends it
   */
  every(name: string, ms: number, work: (signal: AbortSignal) => void | Promise<void>): Disposable {
    if (!(ms > 0)) throw new RangeError(`${this.name}: ${name}: every ${ms} ms is no interval`);
    const callout = this.callout(name, async () => {
      const due = callout.deadline;
      try {
        await work(this.signal);
      } finally {
        // In step with the first time, without what has passed meanwhile.
        const passed = Math.max(0, Math.floor((this.clock.now() - due) / ms));
        callout.resetAt(due + (passed + 1) * ms);
      }
    });
    callout.reset(ms);
    return callout;
  }

  /**
   * Starts something that goes on beside: a loop, a connection. The unload waits for its end, before `stop`.
   *
   * @param name names it in errors and in what an unload waits for
   * @param work gets the scope's signal, at whose abort it should end. What it throws is reported, unless that is the abort
   * @returns resolves when it has ended; never rejects
   * @throws CarpetError ECLOSED when the scope has ended
   */
  spawn(name: string, work: (signal: AbortSignal) => void | Promise<void>): Promise<void> {
    const { signal } = this;
    signal.throwIfAborted();
    const task = { name, done: Promise.resolve() };
    this.#tasks.add(task);
    task.done = this.#run(task, work, signal);
    return task.done;
  }

  /** @internal Its tasks that have not ended. */
  tasks(): RunningTask[] {
    return [...this.#tasks];
  }

  /** @internal The signal aborts. */
  protected wake(reason: unknown): void {
    for (const giveUp of this.#waiting) giveUp(reason);
  }

  async #run(task: RunningTask, work: (signal: AbortSignal) => unknown, signal: AbortSignal): Promise<void> {
    try {
      await work(signal);
    } catch (error) {
      if (!signal.aborted || !isAbort(error, signal)) this.failed(new TaskError(task.name, this.name, error));
    } finally {
      this.#tasks.delete(task);
    }
  }

  /** Is over when the time is, and rejects when the signal aborts or the scope ends; `stop` takes it back. */
  #wait(
    name: string,
    ms: number,
    due: (resolve: () => void, reject: (error: unknown) => void) => void,
    signal?: AbortSignal,
  ): { readonly over: Promise<void>; readonly stop: () => void } {
    let stop = (): void => {};
    const over = new Promise<void>((resolve, reject) => {
      this.signal.throwIfAborted();
      signal?.throwIfAborted();
      const giveUp = (reason: unknown): void => {
        stop();
        reject(reason);
      };
      const aborted = (): void => giveUp(signal?.reason);
      const callout = this.callout(name, () => {
        stop();
        due(resolve, reject);
      });
      stop = () => {
        callout[Symbol.dispose]();
        this.#waiting.delete(giveUp);
        signal?.removeEventListener('abort', aborted);
      };
      this.#waiting.add(giveUp);
      signal?.addEventListener('abort', aborted);
      callout.reset(ms);
    });
    return { over, stop: () => stop() };
  }
}

/** Whether an error says no more than that the signal has aborted. */
function isAbort(error: unknown, signal: AbortSignal): boolean {
  try {
    return error === signal.reason || (error instanceof Error && error.name === 'AbortError');
  } catch {
    // What cannot be looked at says something else.
    return false;
  }
}
