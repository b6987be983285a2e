/**
 * CARP under attack and random faults, with seals required and wall clocks that differ: an attacker who records, alters
 * and repeats must change nothing. What must hold is in scenario.ts. CARPET_SIM_RUNS says how many networks.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { siege } from './plan.js';
import { play } from './scenario.js';

const { CARPET_SIM_SEED: seed, CARPET_SIM_PATH: path, CARPET_SIM_RUNS: runs = '60' } = process.env;

test(`an attacker without the password changes no state, in ${runs} random networks`, async () => {
  const result = await fc.check(
    fc.asyncProperty(siege, async (plan) => void (await play(plan))),
    {
      numRuns: Number(runs),
      includeErrorInReport: true,
      ...(seed === undefined ? {} : { seed: Number(seed) }),
      ...(path === undefined ? {} : { path }),
    },
  );
  if (!result.failed) return;
  const repeat = `CARPET_SIM_SEED=${result.seed} CARPET_SIM_PATH=${result.counterexamplePath} npm test -- sim/carp-siege`;
  assert.fail(`${await fc.asyncDefaultReportMessage(result)}\n\nRepeat it with: ${repeat}`);
});
