import { type Entry, Flight } from './entry.js';
import type { Policy } from './policy.js';

/**
 * Resolves when none of the entries has a call in progress (S14): of these entries, not of the whole list. Names the
 * handlers when that takes long, as the kernel shows the wait channel "evhrm".
 */
export async function waitFor(
  list: string,
  entries: readonly Entry[],
  policy: Policy,
  signal?: AbortSignal,
): Promise<void> {
  const ended = Promise.all(entries.map((entry) => ending(entry)));
  const names = entries.map((entry) => entry.name).join(', ');
  const remedy = 'a handler that awaits its own removal waits for ever: use deregisterNowait inside it';
  await watched(
    `${list}: deregister`,
    `${names}; ${remedy}`,
    policy,
    signal === undefined ? ended : unlessAborted(ended, signal),
  );
}

/** Awaits the promise, and warns once when that takes long: `waiter` still waits for `awaited`. */
export async function watched(
  waiter: string,
  awaited: string,
  policy: Policy,
  promise: Promise<unknown>,
): Promise<void> {
  const { callout, warn, waitWarning } = policy;
  const timer = callout(waiter, () => warn(`${waiter} still waits, after ${waitWarning} ms, for ${awaited}`));
  timer.reset(waitWarning);
  try {
    await promise;
  } finally {
    timer.stop();
  }
}

function ending(entry: Entry): Promise<void> {
  return new Promise((resolve) => {
    entry.flight ??= new Flight();
    entry.flight.waiters.push(resolve);
  });
}

/** Gives up the wait, not what is waited for. @param left is called then, before the promise rejects */
export function unlessAborted<T>(work: PromiseLike<T>, signal: AbortSignal, left?: () => void): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      left?.();
      reject(signal.reason);
    };
    if (signal.aborted) return abort();
    signal.addEventListener('abort', abort, { once: true });
    const settle = (end: (value: never) => void) => (value: unknown) => {
      signal.removeEventListener('abort', abort);
      end(value as never);
    };
    work.then(settle(resolve), settle(reject));
  });
}
