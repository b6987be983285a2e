/**
 * @module
 * Events as promises and as iterators, for code that waits for them instead of handling them. It gets an event after the
 * dispatch, so it can neither refuse it nor come before another handler.
 */
import { CarpetError } from '../errors.js';
import type { AnyRegistration } from './registration.js';
import type { EventHandlerTag } from './tag.js';

/** Registers a handler, without types. */
export type Enter = (name: string, registration: AnyRegistration) => EventHandlerTag;

/** How `once` and `until` wait. */
export interface WaitOptions {
  /** Gives up. The promise rejects with its reason. */
  readonly signal?: AbortSignal;
  /** Default EVENTHANDLER_PRI_ANY: handlers that come earlier have done their work when the promise resolves. */
  readonly priority?: number;
}

/** How `events` reads. */
export interface EventsOptions extends WaitOptions {
  /** How many events may wait to be read, default 1000. With one more the iteration ends with the code `EOVERFLOW`. */
  readonly limit?: number;
}

const MAX_UNREAD = 1000;

/** Resolves with the arguments of the first invocation that `filter` is true of. */
export function until(
  enter: Enter,
  name: string,
  filter: (...args: unknown[]) => boolean,
  { signal, priority }: WaitOptions,
): Promise<unknown[]> {
  return new Promise((resolve, reject) => {
    const handler = (...args: unknown[]): void => {
      try {
        if (!filter(...args)) return;
        resolve(args);
      } catch (error) {
        reject(error);
      }
      tag[Symbol.dispose]();
    };
    const removed = (): void => reject(endOf(name, signal));
    const tag = enter(name, { handler, priority, signal, removed, name: `until ${name}` });
  });
}

/** The invocations from now on, each with its arguments, in their order. */
export function events(enter: Enter, name: string, options: EventsOptions): AsyncIterableIterator<unknown[]> {
  return new EventReader(enter, name, options);
}

/** Registered from the call of `events` on, not from the first read: no event between the two is missed. */
class EventReader implements AsyncIterableIterator<unknown[]> {
  readonly #name: string;
  readonly #limit: number;
  readonly #tag: EventHandlerTag;
  readonly #signal: AbortSignal | undefined;
  #unread: unknown[][] = [];
  #readers: { resolve: (result: IteratorResult<unknown[]>) => void; reject: (error: unknown) => void }[] = [];
  #ended: { readonly error?: unknown } | undefined;

  constructor(enter: Enter, name: string, { signal, priority, limit = MAX_UNREAD }: EventsOptions) {
    this.#name = name;
    this.#limit = limit;
    this.#signal = signal;
    const handler = (...args: unknown[]): void => this.#add(args);
    const removed = (): void => this.#end({ error: endOf(name, this.#signal) });
    this.#tag = enter(name, { handler, priority, signal, removed, name: `events ${name}` });
  }

  next(): Promise<IteratorResult<unknown[]>> {
    const value = this.#unread.shift();
    if (value !== undefined) return Promise.resolve({ value });
    const ended = this.#ended;
    if (ended === undefined) return new Promise((resolve, reject) => this.#readers.push({ resolve, reject }));
    this.#ended = {};
    return 'error' in ended ? Promise.reject(ended.error) : Promise.resolve({ value: undefined, done: true });
  }

  return(): Promise<IteratorResult<unknown[]>> {
    this.#end({});
    this.#unread = [];
    this.#ended = {};
    return Promise.resolve({ value: undefined, done: true });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #add(args: unknown[]): void {
    const reader = this.#readers.shift();
    if (reader !== undefined) reader.resolve({ value: args });
    else if (this.#unread.length < this.#limit) this.#unread.push(args);
    else {
      const message = `${this.#name}: more than ${this.#limit} events wait to be read`;
      this.#end({ error: new CarpetError('EOVERFLOW', message) });
    }
  }

  /** What is there is read before an error is thrown. */
  #end(how: { readonly error?: unknown }): void {
    if (this.#ended !== undefined) return;
    this.#ended = how;
    this.#tag[Symbol.dispose]();
    for (const { resolve, reject } of this.#readers.splice(0)) {
      if ('error' in how) reject(how.error);
      else resolve({ value: undefined, done: true });
    }
  }
}

function endOf(name: string, signal: AbortSignal | undefined): unknown {
  return signal?.aborted ? signal.reason : new CarpetError('ECLOSED', `${name}: the wait for it was ended`);
}
