import { CarpetError, type VirtualClock } from '../../core/index.js';

/** Callouts that a wait in vain names. */
const MAX_NAMED = 5;

/** See {@link World.until}. */
export async function waitFor<T>(
  clock: VirtualClock,
  what: (() => boolean) | PromiseLike<T>,
  limit: number,
): Promise<T | undefined> {
  const end = clock.now() + limit;
  const done = typeof what === 'function' ? what : settling(what);
  await clock.advance(0);
  while (!done()) {
    const [next] = clock.callouts();
    if (next === undefined || next.deadline > end) throw inVain(clock, limit);
    await clock.advance(Math.max(0, next.deadline - clock.now()));
  }
  return typeof what === 'function' ? undefined : what;
}

function settling(promise: PromiseLike<unknown>): () => boolean {
  const state = { settled: false };
  const settle = (): void => {
    state.settled = true;
  };
  promise.then(settle, settle);
  return () => state.settled;
}

function inVain(clock: VirtualClock, limit: number): CarpetError {
  const waits = clock
    .callouts()
    .slice(0, MAX_NAMED)
    .map(({ name, deadline }) => `${name} in ${Math.round(deadline - clock.now())} ms`);
  const armed = waits.length === 0 ? 'no callout is armed' : `next: ${waits.join(', ')}`;
  return new CarpetError('ETIMEDOUT', `it has not happened within ${limit} ms; ${armed}`);
}
