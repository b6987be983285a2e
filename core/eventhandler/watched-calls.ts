import { isThenable } from '../thenable.js';
import type { Callable, Entry } from './entry.js';
import type { Policy } from './policy.js';
import { callTracer, type EventHandlerTracer, type HandlerCall, type HandlerWatch } from './trace.js';

/** As much of the registry as a watched call needs. */
type Watchers = Pick<Policy, 'tracers' | 'warn'>;

/** A watch that cannot do harm. */
interface Watched extends Omit<HandlerWatch, 'around'> {
  /** Calls the handler within what the watch wants in force. Returns and throws what it does. */
  readonly around: ((call: () => unknown) => unknown) | undefined;
}

/** Whether any tracer follows calls. */
export function wantsCalls({ tracers }: Watchers): boolean {
  return tracers.some((tracer) => tracer.handling !== undefined);
}

/** From now on the tracers follow the entry's calls. Calls that have begun are not followed. */
export function watchCalls(list: string, entry: Entry, watchers: Watchers): void {
  if (entry.details?.unwatched !== undefined) return;
  const { func: unwatched } = entry;
  const followed = (tracer: EventHandlerTracer): boolean => follows(tracer, watchers.warn);
  entry.details = { ...entry.details, unwatched };
  entry.func = (...args) => {
    // Asked at each call: it may be diverted meanwhile.
    const func = entry.details?.unwatched ?? unwatched;
    if (!watchers.tracers.some(followed)) return func(...args);
    const { name: handler, priority, details } = entry;
    const watches = begin({ list, handler, owner: details?.owner, priority, args }, watchers);
    return watches.length === 0 ? func(...args) : follow(func, args, watches);
  };
}

/** Calls the handler directly again. */
export function unwatchCalls(entry: Entry): void {
  const { unwatched, ...details } = entry.details ?? {};
  if (unwatched === undefined) return;
  entry.func = unwatched;
  entry.details = details;
}

/** One that cannot say does not. */
function follows(tracer: EventHandlerTracer, warn: Watchers['warn']): boolean {
  return tracer.handling !== undefined && callTracer(tracer, wantsNow, warn) === true;
}

function wantsNow(tracer: EventHandlerTracer): boolean {
  return tracer.follows?.() ?? true;
}

function begin(call: HandlerCall, { tracers, warn }: Watchers): Watched[] {
  const watches: Watched[] = [];
  for (const tracer of tracers) {
    if (!follows(tracer, warn)) continue;
    callTracer(
      tracer,
      (each) => {
        const watch = each.handling?.(call);
        if (watch !== undefined) watches.push(guarded(watch, warn));
      },
      warn,
    );
  }
  return watches;
}

/** A watch that fails must not pass for the handler. */
function guarded(watch: HandlerWatch, warn: (message: string) => void): Watched {
  return {
    around: watch.around && ((call) => aroundOnce(watch, call, warn)),
    returned: (outcome) => callTracer(watch, (each) => each.returned?.(outcome), warn),
    settled: (outcome) => callTracer(watch, (each) => each.settled?.(outcome), warn),
  };
}

type Outcome = { readonly result: unknown } | { readonly error: unknown };

/** The handler is called in any case, and once. */
function aroundOnce(watch: HandlerWatch, call: () => unknown, warn: (message: string) => void): unknown {
  const outcomes: Outcome[] = [];
  const once = (): void => {
    if (outcomes.length === 0) outcomes.push(outcomeOf(call));
  };
  callTracer(watch, (each) => each.around?.(once), warn);
  once();
  const [outcome] = outcomes as [Outcome];
  if ('error' in outcome) throw outcome.error;
  return outcome.result;
}

function outcomeOf(call: () => unknown): Outcome {
  try {
    return { result: call() };
  } catch (error) {
    return { error };
  }
}

function follow(func: Callable, args: unknown[], watches: readonly Watched[]): unknown {
  const returned: HandlerWatch['returned'] = (outcome) =>
    watches.forEach((watch) => watch.returned?.(outcome));
  const settled: HandlerWatch['settled'] = (outcome) => watches.forEach((watch) => watch.settled?.(outcome));
  let result: unknown;
  const call = watches.reduceRight<() => unknown>(
    (inner, { around }) => (around === undefined ? inner : () => around(inner)),
    () => func(...args),
  );
  try {
    result = call();
  } catch (error) {
    returned({ error, pending: false });
    throw error;
  }
  const pending = isThenable(result);
  returned({ pending });
  if (!pending) return result;
  // The list waits for the same promise: what is lazy, as a query is, would begin once more.
  const promise = Promise.resolve(result as PromiseLike<unknown>);
  promise.then(
    () => settled({}),
    (error: unknown) => settled({ error }),
  );
  return promise;
}
