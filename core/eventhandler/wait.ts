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
  signal?.throwIfAborted();
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

/** Gives up the wait, not the removal. */
function unlessAborted(ended: Promise<unknown>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    void ended.then(() => {
      signal.removeEventListener('abort', abort);
      resolve();
    });
  });
}
