import { type Random, seededRandom } from '../../core/index.js';
import { elapse, wallTime } from '../lab/support/index.js';
import { FAULTS, type Fault, type Instead } from './faults.js';
import { Scene } from './scene.js';
import { Watch } from './watch.js';

/** A started process and two elections: until then all must be as before. */
const SETTLE_MS = 15_000;
/** A kind of fault that was tried so often must have come about once. */
const OFTEN = 3;

/** How a run is made. */
export interface ChaosOptions {
  readonly minutes: number;
  readonly seed: number;
  /** Faults by their names; all, if there are none. */
  readonly only: readonly string[];
  readonly signal: AbortSignal;
  readonly progress: (text: string) => void;
}

/** What became of one fault. */
export interface Injury {
  readonly fault: Fault;
  /** What came of it, if that is something else than was meant. */
  readonly instead?: Instead | undefined;
  /** The longest time in which a client had no answer. */
  readonly outageMs: number;
  readonly sharedMs: number;
  /** For how long both carpets had the address. */
  readonly carpetsMs: number;
  /** From the repair until the preferred host alone was MASTER. */
  readonly settledMs: number;
}

/** What a run has shown. */
export interface ChaosReport {
  readonly seconds: number;
  readonly writes: number;
  readonly injuries: readonly Injury[];
  readonly usage: readonly string[];
  /** Every line that says what is wrong. */
  readonly violations: readonly string[];
}

/** Breaks one thing after another, chosen by the seed, until the time is over or something is wrong. */
export async function runChaos({
  minutes,
  seed,
  only,
  signal,
  progress,
}: ChaosOptions): Promise<ChaosReport> {
  const random = seededRandom(seed);
  const faults = FAULTS.filter(({ name }) => only.length === 0 || only.includes(name));
  const ends: (() => unknown)[] = [];
  const start = performance.now();
  const injuries: Injury[] = [];
  const failures: string[] = [];
  const watch = new Watch();
  try {
    const scene = await Scene.open({ after: (fn) => void ends.push(fn as () => unknown) });
    watch.look(scene);
    let round: Fault[] = [];
    while (!signal.aborted && performance.now() - start < minutes * 60_000 && failures.length === 0) {
      // Each once before any comes again.
      if (round.length === 0) round = shuffled(faults, random);
      const fault = round.pop()!;
      try {
        injuries.push(await injure(scene, fault, random, progress));
      } catch (error) {
        failures.push(`${fault.name}: ${(error as Error).message}`);
      }
      watch.look(scene);
    }
    return {
      seconds: (performance.now() - start) / 1000,
      writes: scene.writes,
      injuries,
      usage: watch.lines(),
      violations: [
        ...failures,
        ...injuries.flatMap(broken),
        ...unmade(injuries),
        ...(await scene.violations()),
        ...watch.violations(),
      ],
    };
  } finally {
    for (const end of ends.toReversed()) await end();
  }
}

function shuffled<T>(items: readonly T[], random: Random): T[] {
  const keys = items.map((item) => ({ item, key: random.uint32() }));
  return keys.toSorted((a, b) => a.key - b.key).map(({ item }) => item);
}

async function injure(
  scene: Scene,
  fault: Fault,
  random: Random,
  progress: (text: string) => void,
): Promise<Injury> {
  const from = wallTime();
  const instead = (await fault.run(scene, random)) ?? undefined;
  const settledMs = await scene.settle(SETTLE_MS);
  await elapse(random.uint32() % 1500);
  const to = wallTime();
  const injury = {
    fault,
    instead,
    outageMs: scene.silence({ from, to }),
    sharedMs: scene.shared({ from, to }),
    carpetsMs: scene.shared({ from, to }, scene.carpets),
    settledMs,
  };
  progress(
    `${nameOf(injury)}: no answer for ${Math.round(injury.outageMs)} ms, two holders for ` +
      `${Math.round(injury.sharedMs)} ms, as before ${Math.round(settledMs)} ms after the repair`,
  );
  if (broken(injury).length > 0) progress(scene.story({ from, to }));
  return injury;
}

/** A fault as it went, in words. */
export function nameOf({ fault: { name }, instead }: Injury): string {
  return instead === undefined ? name : `${name}, ${instead}`;
}

/** What never came of a kind of fault, though it was tried often: then nothing was shown of it. */
export function unmade(injuries: readonly Injury[]): string[] {
  const names = new Set(injuries.map(({ fault }) => fault.name));
  return [...names].flatMap((name) => {
    const tried = injuries.filter(({ fault }) => fault.name === name);
    const always = tried.length >= OFTEN && tried.every(({ instead }) => instead !== undefined);
    return always ? [`${nameOf(tried[0]!)} each of ${tried.length} times`] : [];
  });
}

/** The promises of a fault that it broke, in words. */
export function broken({ fault, outageMs, sharedMs, carpetsMs }: Injury): string[] {
  const over = (what: string, ms: number, most: number): string[] =>
    ms <= most ? [] : [`${fault.name}: ${what} for ${Math.round(ms)} ms instead of ${most} at most`];
  return [
    ...over('no answer', outageMs, fault.outageMs),
    ...over('two holders', sharedMs, fault.sharedMs),
    ...over('two carpets', carpetsMs, fault.carpetsMs ?? fault.sharedMs),
  ];
}
