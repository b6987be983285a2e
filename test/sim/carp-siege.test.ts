/**
 * CARP under attack and random faults, with seals required and wall clocks that differ: an attacker who records, alters
 * and repeats must change nothing. What must hold is in scenario.ts. CARPET_SIM_RUNS says how many networks.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Plan, siege } from './plan.js';
import { play } from './scenario.js';

/** After a division the loser's last word must not be old to the winner: the attacker had set its sequence back. */
const HELD_UP: Plan = {
  seed: 2147450835,
  skews: [20, 203, 20, 20, 20],
  deadRatio: 4,
  preempt: false,
  awakening: 'timers',
  steps: [
    { after: 4947, fault: { kind: 'mend', host: 0, leg: 0 } },
    { after: 1310, fault: { kind: 'stop', host: 3 } },
    { after: 670, fault: { kind: 'stop', host: 0 } },
  ],
  firewall: false,
  advbase: 1,
  dualStack: false,
  malady: undefined,
  clocks: [0, 0, 0, 0, 1376],
  seal: 'require',
  attacked: true,
};

const { CARPET_SIM_SEED: seed, CARPET_SIM_PATH: path, CARPET_SIM_RUNS: runs = '60' } = process.env;

test(`an attacker without the password changes no state, in ${runs} random networks`, async () => {
  const result = await fc.check(
    fc.asyncProperty(siege, async (plan) => void (await play(plan))),
    {
      numRuns: Number(runs),
      includeErrorInReport: true,
      examples: [[HELD_UP]],
      ...(seed === undefined ? {} : { seed: Number(seed) }),
      ...(path === undefined ? {} : { path, examples: [] }),
    },
  );
  if (!result.failed) return;
  const repeat = `CARPET_SIM_SEED=${result.seed} CARPET_SIM_PATH=${result.counterexamplePath} npm test -- sim/carp-siege`;
  assert.fail(`${await fc.asyncDefaultReportMessage(result)}\n\nRepeat it with: ${repeat}`);
});
