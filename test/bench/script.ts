/**
 * How long starting a program holds the event loop: by posix_spawn(3) as modules do, and by node:child_process beside it, in
 * turns. A turn of the loop that takes longer than the call itself counts too.
 */
import { ChildStarter } from '../../modules/programs/index.js';
import type { Bench, Measurement } from './bench.js';
import { quantile } from './carp/common.js';

/** As much as a kernel with some hundred vhids has: a fork copies the tables of these pages. */
const HEAP_OBJECTS = 300_000;

/** Starts that nobody measures: meanwhile V8 moves those objects to where old ones are, up to 20 ms at a time. */
const SETTLING = 100;

export const rounds = 5;

export const bench: Bench = async ({ quick, log }) => {
  const starters = { '': new ChildStarter(), 'child_process.': new ChildStarter(false) };
  const ballast = Array.from({ length: HEAP_OBJECTS }, (_, i) => ({ i }));
  const held: Record<string, number[]> = { '': [], 'child_process.': [] };
  for (let i = 0; i < SETTLING; i++) await holds(starters['']);
  for (let i = 0; i < (quick ? 50 : 500); i++) {
    for (const [name, starter] of Object.entries(starters)) held[name]!.push(await holds(starter));
  }
  log(`${ballast.length} objects on the heap`);
  return Object.entries(held).flatMap(([name, times]): Measurement[] =>
    [0.5, 0.99].map((share) => ({
      id: `script.${name}start_holds_ms.p${share * 100}`,
      value: quantile(times, share),
      unit: 'ms',
    })),
  );
};

/**
 * The longest time, in ms, in which nothing else could run until a program has ended. The loop is asked by plain callbacks:
 * promises would make so much garbage that its collection, 1 ms at a time, were what is measured.
 */
async function holds(starter: ChildStarter): Promise<number> {
  let last = performance.now();
  const child = starter.start({ file: '/bin/true', args: [], session: true, input: 'null', output: 'null' });
  let [worst, isOver] = [0, false];
  const turn = (): void => {
    const now = performance.now();
    worst = Math.max(worst, now - last);
    last = now;
    if (!isOver) setImmediate(turn);
  };
  setImmediate(turn);
  await child.ended;
  isOver = true;
  return Math.max(worst, performance.now() - last);
}
