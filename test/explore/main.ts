/**
 * `npm run explore -- --hosts N --depth D [--skews equal|different] [--preempt yes|no] [--election DIALECT] [--seconds S]`:
 * every schedule of N hosts that start together, up to D decisions in a row: each advertisement is delivered, lost or late,
 * timers come in another order, a host crashes and starts again. Prints states, decisions and states a second for each
 * setting; a schedule that breaks a rule with its story, and exits with 1.
 */
import { parseArgs } from 'node:util';
import type { CarpDialect } from '../../modules/carp/index.js';
import { type Exploration, Search } from './search.js';
import { EXPLORE_DEFAULTS, type ExploreSettings } from './settings.js';
import { ExploredWorld } from './world.js';

const SKEWS = { equal: [0, 0, 0], different: [0, 100, 200] } as const;
/** Two BSDs with equal timers yield to each other for ever: docs/carp.md, Elections and ties. */
const DIALECTS: readonly CarpDialect[] = ['auto', 'ucarp', 'ucarp-be', 'openbsd', 'bsd'];

class UsageError extends Error {}

interface Order {
  readonly cases: readonly ExploreSettings[];
  readonly seconds: number;
}

function order(): Order {
  const text = { type: 'string' } as const;
  const given = (() => {
    try {
      const options = {
        hosts: text,
        depth: text,
        skews: text,
        preempt: text,
        election: text,
        seconds: text,
        crashes: text,
      };
      return parseArgs({ options }).values;
    } catch (error) {
      throw new UsageError((error as Error).message.split('\n')[0]);
    }
  })();
  const hosts = number('hosts', given.hosts, 2, 3, 2);
  const depth = number('depth', given.depth, 1, 1000, hosts === 2 ? 25 : 14);
  const crashes = number('crashes', given.crashes, 0, 100, EXPLORE_DEFAULTS.crashes);
  const skews = one('skews', given.skews, ['equal', 'different']);
  const preempts = one('preempt', given.preempt, ['no', 'yes']).map((word) => word === 'yes');
  const elections = one('election', given.election, DIALECTS);
  const cases = skews.flatMap((kind) =>
    elections
      .filter((election) => kind === 'different' || !election.endsWith('bsd'))
      .flatMap((election) =>
        preempts.map((preempt) => ({
          ...EXPLORE_DEFAULTS,
          skews: SKEWS[kind].slice(0, hosts),
          election,
          preempt,
          depth,
          crashes,
        })),
      ),
  );
  return { cases, seconds: number('seconds', given.seconds, 1, 1e6, 1e6) };
}

function number(
  option: string,
  text: string | undefined,
  min: number,
  max: number,
  otherwise: number,
): number {
  const value = text === undefined ? otherwise : Number(text);
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw new UsageError(`--${option} must be a whole number ${min} to ${max}, not '${text}'`);
}

function one<T extends string>(option: string, text: string | undefined, words: readonly T[]): readonly T[] {
  if (text === undefined) return words;
  const word = words.find((each) => each === text);
  if (word === undefined) throw new UsageError(`--${option} must be ${words.join(' or ')}, not '${text}'`);
  return [word];
}

function title({ skews, election, preempt }: ExploreSettings): string {
  return `advskew ${skews.join('/')}, ${election}${preempt ? ', preempt' : ''}`;
}

function line(found: Omit<Exploration, 'complete' | 'violation'>, seconds: number): string {
  const { states, runs, steps, deepest, slowest } = found;
  const rate = Math.round(states / seconds);
  return `${states} states, ${deepest} decisions, ${runs} runs, ${steps} steps, ${rate} states/s, quiet in ${(slowest / 1000).toFixed(2)} s at most`;
}

async function explore(settings: ExploreSettings, seconds: number): Promise<boolean> {
  const world = await new ExploredWorld(settings).make();
  const start = performance.now();
  const elapsed = (): number => (performance.now() - start) / 1000;
  const found = await new Search(world, { goOn: () => elapsed() < seconds, compareEvery: 1000 }).run();
  const end = found.complete ? 'all schedules' : found.violation === undefined ? 'time is up' : 'VIOLATION';
  console.log(`${title(settings)}: ${end}; ${line(found, elapsed())}, ${found.compared} compared`);
  if (found.violation === undefined) {
    await world.close();
    return true;
  }
  const { what, path, journal } = found.violation;
  console.error([`${title(settings)}: ${what}`, `decisions: ${path.join(' ')}`, ...journal].join('\n'));
  return false;
}

try {
  const { cases, seconds } = order();
  for (const settings of cases) if (!(await explore(settings, seconds))) process.exitCode = 1;
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(`npm run explore: ${error.message}`);
  process.exitCode = 1;
}
