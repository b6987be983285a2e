import { describe } from '../errors.js';
import type { HandlerHandle } from '../eventhandler/handle.js';
import type { Scope } from './scope.js';

/** A call that a dispatch has made of a handler that is held back. */
interface HeldCall {
  /** Which handler it is for; see `byKey`. */
  readonly key: string;
  readonly args: readonly unknown[];
  /** Does the work, and ends the promise that the dispatch got. Absent when the successor has handled the call. */
  settle: ((work: () => unknown) => void) | undefined;
}

/** Calls that may wait; see {@link HeldCallsOptions.overflow}. */
const MAX_HELD = 100_000;

/** What holding calls back needs. */
export interface HeldCallsOptions {
  /** Called when more calls wait than may. None is lost, but the waiting should end. */
  readonly overflow: () => void;
  readonly warn: (message: string) => void;
}

/**
 * The calls of a module's handlers during its reload. Each waits as if the handler were async; none is lost, and none
 * overtakes another. At the end the successor gets them or, when the reload fails, the module itself.
 *
 * The calls are kept until the reload is over: should it fail after the successor has had them, because a dependent does
 * not come up again, the module gets them too.
 */
export class HeldCalls {
  readonly #handlers: ReadonlyMap<string, HandlerHandle>;
  readonly #scope: Scope;
  readonly #options: HeldCallsOptions;
  #calls: HeldCall[] = [];
  /** The successor is at work, and is called itself. */
  #delivered = false;

  /** Holds the calls back from now on. */
  constructor(scope: Scope, options: HeldCallsOptions) {
    this.#scope = scope;
    this.#options = options;
    this.#handlers = byKey(scope.handlers());
    for (const [key, handler] of this.#handlers) handler.hold((...args) => this.#hold(key, args));
  }

  /** Resolves when the calls have ended that had begun before. */
  async idle(): Promise<void> {
    for (const { ended } of this.#handlers.values()) await ended;
  }

  /**
   * The successor is at work: its handlers stand where the module's own stood, and it gets all calls that wait, in their
   * order. An asynchronous dispatch that waits at a handler of the module then goes on behind the successor's. Where the
   * successor has another priority, such a dispatch may reach it a second time.
   *
   * @param enter has the successor's handlers called
   */
  deliver(successor: Scope, enter: () => void): void {
    this.#delivered = true;
    const handlers = byKey(successor.handlers());
    for (const [key, handler] of this.#handlers) handlers.get(key)?.takePlaceOf(handler);
    enter();
    for (const call of this.#calls) {
      call.settle?.(() => handlers.get(call.key)?.call(call.args));
      call.settle = undefined;
    }
  }

  /** The successor is no longer at work: calls wait again. */
  retract(): void {
    this.#delivered = false;
  }

  /** The module goes on: it gets all calls of the meantime, in their order. One that was unloaded meanwhile does not. */
  restore(): void {
    if (this.#scope.signal.aborted) return this.end();
    for (const handler of this.#handlers.values()) handler.restore();
    for (const { key, args, settle } of this.#calls) {
      const handler = this.#handlers.get(key)!;
      const work = (): unknown => handler.call(args);
      if (settle === undefined) void this.#again(handler, work);
      else settle(work);
    }
  }

  /** The module is gone for good. Dispatches that still wait go on; there is no one to handle their calls. */
  end(): void {
    for (const { settle } of this.#calls) settle?.(() => undefined);
    this.#calls = [];
    for (const handler of this.#handlers.values()) handler.remove();
  }

  /** The dispatch that made the call has ended long ago, and with it what would report an error. */
  async #again({ event, name }: HandlerHandle, work: () => unknown): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#options.warn(
        `${event}: handler ${name} failed after a reload was taken back: ${describe(error)}`,
      );
    }
  }

  #hold(key: string, args: readonly unknown[]): Promise<unknown> | undefined {
    if (this.#calls.length === MAX_HELD) this.#options.overflow();
    if (this.#delivered) {
      this.#calls.push({ key, args, settle: undefined });
      return undefined;
    }
    return new Promise((resolve, reject) => {
      const settle = (work: () => unknown): void => {
        try {
          resolve(work());
        } catch (error) {
          reject(error);
        }
      };
      this.#calls.push({ key, args, settle });
    });
  }
}

/** Handlers of two versions are the same if list and name are; of several with one name, by the order of registration. */
function byKey(handlers: readonly HandlerHandle[]): Map<string, HandlerHandle> {
  const found = new Map<string, HandlerHandle>();
  for (const handler of handlers) {
    const { event, name } = handler;
    let key = `${event} ${name}`;
    for (let n = 2; found.has(key); n++) key = `${event} ${name} ${n}`;
    found.set(key, handler);
  }
  return found;
}
