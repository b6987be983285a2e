/**
 * VRRP under random faults on the virtual LAN and the virtual clock: see scenario.ts for what must hold. A failure
 * prints the shrunk plan, the journal of its run, and how to repeat it. CARPET_SIM_RUNS says how many networks.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { plan, play } from './scenario.js';

const { CARPET_SIM_SEED: seed, CARPET_SIM_PATH: path, CARPET_SIM_RUNS: runs = '60' } = process.env;

test(`exactly one MASTER of a virtual router in ${runs} random networks`, async () => {
  const result = await fc.check(fc.asyncProperty(plan, play), {
    numRuns: Number(runs),
    includeErrorInReport: true,
    ...(seed === undefined ? {} : { seed: Number(seed) }),
    ...(path === undefined ? {} : { path }),
  });
  if (!result.failed) return;
  const repeat = `CARPET_SIM_SEED=${result.seed} CARPET_SIM_PATH=${result.counterexamplePath} npm test -- sim/vrrp`;
  assert.fail(`${await fc.asyncDefaultReportMessage(result)}\n\nRepeat it with: ${repeat}`);
});
