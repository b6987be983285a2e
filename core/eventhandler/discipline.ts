/**
 * @module
 * What a registration may ask for beyond being called: one call after another, a time limit. A handler without these is
 * called as it is.
 */
import { CarpetError } from '../errors.js';
import { isThenable } from '../thenable.js';
import type { Callable } from './entry.js';
import type { Policy } from './policy.js';

/** Calls the handler when its call before has ended. */
export function serially(func: Callable): Callable {
  let last: Promise<void> | undefined;
  // Others wait for the promise, not for what the handler returned: a lazy one, as a query is, begins at each `then`.
  const follow = (result: PromiseLike<unknown>): Promise<unknown> => {
    const promise = Promise.resolve(result);
    const ended = promise.then(nothing, nothing);
    last = ended;
    void ended.then(() => {
      if (last === ended) last = undefined;
    });
    return promise;
  };
  return (...args) => {
    if (last !== undefined) return follow(last.then(() => func(...args)));
    const result = func(...args);
    return isThenable(result) ? follow(result) : result;
  };
}

/**
 * Gives up the wait for a call that takes too long; the call itself goes on.
 * @throws CarpetError ERANGE for what is no time to wait
 */
export function within(ms: number, func: Callable, name: string, callout: Policy['callout']): Callable {
  if (!(ms >= 0)) throw new CarpetError('ERANGE', `${name}: a timeout of ${ms} ms must be 0 or more`);
  return (...args) => {
    const result = func(...args);
    if (!isThenable(result)) return result;
    return new Promise((resolve, reject) => {
      const late = callout(`timeout of ${name}`, () =>
        reject(new CarpetError('ETIMEDOUT', `it takes longer than ${ms} ms`)),
      );
      late.reset(ms);
      const settle = (end: (value: never) => void) => (value: unknown) => {
        late.stop();
        end(value as never);
      };
      Promise.resolve(result).then(settle(resolve), settle(reject));
    });
  };
}

function nothing(): void {}
