/**
 * @module
 * `carpet demo`: shows a failover, without privileges and without a network.
 */
import type { Command } from 'commander';
import { systemRandom } from '../../../core/index.js';
import { play } from './acts.js';
import type { DemoEvent } from './events.js';
import { jsonLine } from './json.js';
import { FastPace, RealPace } from './pace.js';
import { DemoText } from './text.js';

interface DemoOptions {
  readonly fast?: boolean;
  readonly json?: boolean;
  readonly seed?: string;
}

/** Adds the options and the action. */
export function define(command: Command): void {
  command
    .option('--fast', 'run on a virtual clock, without waiting')
    .option('--json', 'print one JSON object a line')
    .option('--seed <text>', 'seed of all randomness; the same seed repeats a run (with --fast, exactly)')
    .action((options: DemoOptions) => run(options));
}

async function run({ fast = false, json = false, seed = newSeed() }: DemoOptions): Promise<void> {
  const text = new DemoText(process.stdout.isTTY && !process.env['NO_COLOR']);
  const show = (event: DemoEvent): void => {
    process.stdout.write(json ? `${jsonLine(event)}\n` : text.lines(event));
  };
  await play(fast ? new FastPace() : new RealPace(), seed, show);
}

/** Five digits: random enough to differ, short enough to type again. */
function newSeed(): string {
  return String(10_000 + systemRandom().below(90_000));
}
