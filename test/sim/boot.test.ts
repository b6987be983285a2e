/**
 * Random settings files applied one after another to one kernel on the virtual LAN: see boot/host.ts for what must
 * hold. A failure prints the shrunk files and how to repeat it. CARPET_SIM_FILES says how many files.
 */
import { test } from 'node:test';
import fc from 'fast-check';
import { type DrawnFile, drawnFile } from './boot/files.js';
import { BootSimulation } from './boot/host.js';
import { check } from './check.js';

const { CARPET_SIM_FILES: files = '300' } = process.env;

/** Files that one kernel sees, on the average. */
const FILES = 25;

test(`${files} random files, one after another: what runs is what the file says, and nothing moves for it; a fault leaves it as it was`, async () => {
  const several = fc.array(drawnFile, { minLength: 1, maxLength: 2 * FILES - 1, size: 'max' });
  const run = (drawn: readonly DrawnFile[]) => new BootSimulation().run(drawn);
  await check('sim/boot', several, run, { runs: Math.ceil(Number(files) / FILES) });
});
