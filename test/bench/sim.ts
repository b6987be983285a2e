/**
 * How many times faster than real time one processor plays simulated networks: such as stay the same whatever seeds draw,
 * and those that `npm run sim -- --hosts 3 --vhids 1` draws. The processor's time is that of the whole process, with its
 * compiler and its garbage collector.
 */
import fc from 'fast-check';
import { fault, type Plan, type Step } from '../sim/plan.js';
import { play } from '../sim/scenario.js';
import { wide } from '../sim/wide.js';
import type { Bench, Measurement } from './bench.js';

export const rounds = 5;

const MINUTES = 10;
/** The faults of ten minutes, one every 2.3 s. */
const FAULTS = 260;
const AFTER_MS = 2300;
/** For the compiler: a process that has just started plays half as fast. */
const WARM_UP_MS = 5000;

const quiet: Plan = {
  seed: 1,
  skews: [20, 60, 100],
  advbase: 1,
  deadRatio: 3,
  preempt: false,
  dualStack: false,
  firewall: false,
  awakening: 'timers',
  steps: [{ after: FAULTS * AFTER_MS, fault: { kind: 'heal' } }],
  malady: undefined,
};

const faults = (seed: number): Step[] =>
  fc.sample(fault, { seed, numRuns: FAULTS }).map((each) => ({ after: AFTER_MS, fault: each }));

/** Networks by the end of their figure's name, each made from a number. */
const NETWORKS: Readonly<Record<string, (seed: number) => Plan>> = {
  quiet: (seed) => ({ ...quiet, seed }),
  faults: (seed) => ({ ...quiet, seed, steps: faults(seed) }),
  'faults.3_vhids': (seed) => ({ ...quiet, seed, steps: faults(seed), vhids: 3 }),
  'faults.attacked': (seed) => ({ ...quiet, seed, steps: faults(seed), attacked: true }),
  'faults.8_hosts': (seed) => ({
    ...quiet,
    seed,
    skews: [20, 45, 70, 95, 120, 145, 170, 195],
    steps: faults(seed),
  }),
  drawn: (seed) => fc.sample(wide(MINUTES, { hosts: 3, vhids: 1 }), { seed, numRuns: 1 })[0]!,
};

export const bench: Bench = async ({ quick, log }) => {
  const [plays, warmUp] = quick ? [3, WARM_UP_MS / 5] : [15, WARM_UP_MS];
  for (const start = performance.now(); performance.now() - start < warmUp; )
    for (const plan of Object.values(NETWORKS)) await play(plan(0));
  const found: Measurement[] = [];
  for (const [name, plan] of Object.entries(NETWORKS)) {
    found.push({ id: `sim.${name}`, value: await speed(plan, plays), unit: 'x' });
    log(`sim: ${plays} networks of '${name}'`);
  }
  return found;
};

/** Simulated time by the processor's. */
async function speed(plan: (seed: number) => Plan, plays: number): Promise<number> {
  const before = process.cpuUsage();
  let simulatedMs = 0;
  for (let seed = 1; seed <= plays; seed++) simulatedMs += (await play(plan(seed))).time;
  const { user, system } = process.cpuUsage(before);
  return Math.round((1000 * simulatedMs) / (user + system));
}
