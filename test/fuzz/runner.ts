import { readdirSync } from 'node:fs';
import { setTimeout as delay, setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import { collectGarbage } from '../support/garbage.js';
import type { FuzzProperty, OpenTarget } from './target.js';

/** Inputs between two looks at the clock. */
const BATCH = 1000;
/** Runs between them, of properties whose runs take many inputs: those start programs. */
const LARGE_RUNS = 5;
/** What the heap may hold more at the end than when it was warm. Caches fill in the beginning; a leak goes on. */
const MAX_GROWTH = 8 * 1024 * 1024;
/** The part of the time after which it is warm. */
const WARM = 0.25;

export interface FuzzLimits {
  readonly seconds: number;
  readonly runs: number;
  /** The first batch uses it, the next one the number after it, and so on. */
  readonly seed: number;
  /** Called before each run, with the seed of its batch, so that a hang can be told from work. */
  readonly alive: (seed: number) => void;
  /** How long a violation is made shorter: where each try starts shells, that could go on for an hour. */
  readonly shrinkSeconds: number;
  /** Ends the run before its time, with a report of what was done. */
  readonly signal?: AbortSignal;
}

/** What a run of a target found. */
export interface FuzzReport {
  readonly executions: number;
  readonly seconds: number;
  /** Bytes of heap that were not there when it was warm; undefined for a run too short to tell. */
  readonly growth: number | undefined;
  /** Every line that says what is wrong; none if all is well. */
  readonly violations: readonly string[];
}

interface Watch {
  readonly alive: () => void;
  readonly shrinkSeconds: number;
}

interface Levels {
  readonly heap: number;
  readonly handles: number;
}

/** Runs a target's properties in turns until the time or the runs are used up, or one is violated. */
export async function runTarget(name: string, target: OpenTarget, limits: FuzzLimits): Promise<FuzzReport> {
  const usable = Object.entries(target.properties).filter(([, { skip }]) => skip === false);
  const start = performance.now();
  const elapsed = (): number => (performance.now() - start) / 1000;
  const runsOf = new Map<string, number>();
  let [executions, seed] = [0, limits.seed];
  let warm: Levels | undefined;
  const isOver = (): boolean =>
    elapsed() >= limits.seconds || executions >= limits.runs || limits.signal?.aborted === true;
  while (usable.length > 0 && !isOver()) {
    await setImmediate(); // so that signals arrive
    const [title, property] = usable[seed % usable.length]!;
    const batch = property.size === 1 ? BATCH : LARGE_RUNS * property.size;
    const numRuns = Math.ceil(Math.min(batch, limits.runs - executions) / property.size);
    const current = seed;
    const alive = (): void => limits.alive(current);
    const watch = { alive, shrinkSeconds: limits.shrinkSeconds };
    const violation = await runBatch(`${name}/${title}`, property, { seed, numRuns, watch });
    executions += numRuns * property.size;
    runsOf.set(title, (runsOf.get(title) ?? 0) + numRuns);
    if (violation !== undefined)
      return { executions, seconds: elapsed(), growth: undefined, violations: [violation] };
    seed++;
    const done = Math.max(elapsed() / limits.seconds, executions / limits.runs);
    if (warm === undefined && done >= WARM && seed - limits.seed >= usable.length) warm = levels();
  }
  const seconds = elapsed();
  const unreached = usable.flatMap(([title, property]) => missed(title, property, runsOf.get(title) ?? 0));
  const growth = warm && levels().heap - warm.heap;
  return { executions, seconds, growth, violations: [...unreached, ...(await leaks(warm))] };
}

async function runBatch(
  title: string,
  { property }: FuzzProperty,
  { seed, numRuns, watch }: { seed: number; numRuns: number; watch: Watch },
): Promise<string | undefined> {
  const result = await fc.check(watched(property, watch), { seed, numRuns });
  if (!result.failed) return undefined;
  const [name] = title.split('/');
  const error = result.errorInstance instanceof Error ? result.errorInstance : undefined;
  return [
    `${title} is violated by ${fc.stringify(result.counterexample?.[0])}`,
    `  ${error?.message.split('\n').slice(0, 12).join('\n  ')}`,
    `  again: npm run fuzz -- ${name} --seed ${seed} --runs ${numRuns}`,
  ].join('\n');
}

/** The property, saying before each run that it is alive; a violation is made shorter for a limited time. */
function watched(
  property: FuzzProperty['property'],
  { alive, shrinkSeconds }: Watch,
): FuzzProperty['property'] {
  let giveUp = Number.POSITIVE_INFINITY;
  const note = (failure: unknown): unknown => {
    if (failure !== null) giveUp = Math.min(giveUp, performance.now() + shrinkSeconds * 1000);
    return failure;
  };
  const run: typeof property.run = (input) => {
    alive();
    if (performance.now() > giveUp) return null; // as if it were right: the shortest so far stays
    const failure = property.run(input);
    return (failure instanceof Promise ? failure.then(note) : note(failure)) as typeof failure;
  };
  return Object.assign(Object.create(property) as typeof property, { run });
}

function missed(title: string, { reached, usual }: FuzzProperty, runs: number): string[] {
  if (reached === undefined || runs < usual) return [];
  try {
    reached();
    return [];
  } catch (error) {
    return [`${title}: ${(error as Error).message}`];
  }
}

/** What has ended may still be closing: looks again for a second. */
async function leaks(warm: Levels | undefined): Promise<string[]> {
  if (warm === undefined) return [];
  let { heap, handles } = levels();
  for (let looks = 0; handles > warm.handles && looks < 20; looks++) {
    await delay(50);
    ({ heap, handles } = levels());
  }
  return [
    ...(heap - warm.heap > MAX_GROWTH ? [`the heap grew by ${heap - warm.heap} bytes`] : []),
    ...(handles > warm.handles ? [`${handles - warm.handles} descriptors or handles were left`] : []),
  ];
}

function levels(): Levels {
  collectGarbage();
  const descriptors = process.platform === 'linux' ? readdirSync('/proc/self/fd').length : 0;
  return {
    heap: process.memoryUsage().heapUsed,
    handles: descriptors + process.getActiveResourcesInfo().length,
  };
}
