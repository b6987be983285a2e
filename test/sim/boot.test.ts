/**
 * Random settings files applied one after another to one kernel on the virtual LAN: see boot/host.ts for what must
 * hold. A failure prints the shrunk files and how to repeat it. CARPET_SIM_FILES says how many files.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { drawnFile } from './boot/files.js';
import { BootSimulation } from './boot/host.js';

const { CARPET_SIM_SEED: seed, CARPET_SIM_PATH: path, CARPET_SIM_FILES: files = '300' } = process.env;

/** Files that one kernel sees, on the average. */
const FILES = 25;

test(`${files} random files, one after another: what runs is what the file says, and nothing moves for it; a fault leaves it as it was`, async () => {
  const several = fc.array(drawnFile, { minLength: 1, maxLength: 2 * FILES - 1, size: 'max' });
  const property = fc.asyncProperty(several, (drawn) => new BootSimulation().run(drawn));
  const result = await fc.check(property, {
    numRuns: Math.ceil(Number(files) / FILES),
    includeErrorInReport: true,
    ...(seed === undefined ? {} : { seed: Number(seed) }),
    ...(path === undefined ? {} : { path }),
  });
  if (!result.failed) return;
  const repeat = `CARPET_SIM_SEED=${result.seed} CARPET_SIM_PATH=${result.counterexamplePath} npm test -- sim/boot`;
  assert.fail(`${await fc.asyncDefaultReportMessage(result)}\n\nRepeat it with: ${repeat}`);
});
