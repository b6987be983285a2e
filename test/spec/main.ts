/**
 * `npm run spec [-- --runs N]`: proves what must hold in every state of the specification of CARP's election (carp.pml), and
 * compares it with the code both ways, N runs each. Exits with 1 at the first difference, of which it prints both stories.
 */
import { parseArgs } from 'node:util';
import { seededRandom } from '../../core/index.js';
import { CodeRun } from './code.js';
import { prove, respecified, specified } from './spin.js';
import { lineOf, type SpecSettings, type Step } from './steps.js';

const STEPS = 200;
const DEFAULT_RUNS = 100;
const CASES: readonly SpecSettings[] = ([2, 3] as const).flatMap((hosts) =>
  [false, true].map((preempt) => ({ hosts, preempt, crashes: 3 })),
);

/** Two tellings of one run that should be the same. */
interface Comparison {
  readonly asked: readonly Step[];
  readonly done: readonly Step[];
}

function runs(): number {
  try {
    const { values } = parseArgs({ options: { runs: { type: 'string' } } });
    const count = Number(values.runs ?? DEFAULT_RUNS);
    if (Number.isInteger(count) && count > 0) return count;
    throw new Error(`--runs ${values.runs}: a whole number above 0 is wanted`);
  } catch (error) {
    console.error(`npm run spec: ${(error as Error).message.split('\n')[0]}`);
    process.exit(64);
  }
}

async function examine(settings: SpecSettings, count: number): Promise<boolean> {
  const { states, violation } = prove(settings);
  if (violation !== undefined) return fail('the specification breaks its own rules', [violation]);
  const code = await CodeRun.make(settings);
  let steps = 0;
  for (let seed = 1; seed <= count; seed++) {
    for (const { asked, done } of comparisons(code, settings, seed)) {
      steps += done.length;
      const at = asked.findIndex((step, i) => done[i] === undefined || lineOf(step) !== lineOf(done[i]));
      if (at < 0) continue;
      const story = asked.slice(0, at + 1).map(lineOf);
      return fail(`seed ${seed}`, [
        ...story,
        `but: ${done[at] === undefined ? 'impossible' : lineOf(done[at])}`,
      ]);
    }
  }
  await code.close();
  const name = `${settings.hosts} hosts, ${settings.preempt ? 'with' : 'without'} preempt`;
  console.log(`${name}: ${states} states proven; ${count} runs each way, ${steps} steps, no difference`);
  return true;
}

function comparisons(code: CodeRun, settings: SpecSettings, seed: number): Comparison[] {
  const theirs = specified(settings, seed);
  const ours = code.wander(STEPS, seededRandom(`spec ${seed}`));
  if (ours.length < STEPS)
    throw new Error(`seed ${seed}: the code came to an end after ${ours.length} steps`);
  return [
    { asked: theirs, done: code.follow(theirs) },
    { asked: ours, done: respecified(settings, ours) },
  ];
}

function fail(what: string, story: readonly string[]): false {
  console.error([what, ...story].join('\n  '));
  return false;
}

const count = runs();
for (const settings of CASES) {
  if (await examine(settings, count)) continue;
  process.exitCode = 1;
  break;
}
