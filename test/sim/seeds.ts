import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type Played, play } from './scenario.js';
import { type Size, wide } from './wide.js';

/** How long a failure is shrunk, in ms. */
const SHRINK_MS = 60_000;
/** Lines of a journal that are shown: its end. */
const MAX_LINES = 80;

/** What became of a seed. */
export type Outcome =
  | ({ readonly seed: number } & Played)
  | { readonly seed: number; readonly violation: string };

/** Plays the network of a seed twice. Both runs must do the same. */
export async function playSeed(seed: number, minutes: number, size: Size = {}): Promise<Outcome> {
  let played: Played | undefined;
  const twice = fc.asyncProperty(wide(minutes, size), async (plan) => {
    played = await play(plan);
    const again = await play(plan);
    assert.equal(again.hash, played.hash, 'the second run of the same plan did otherwise');
  });
  const { failed } = await fc.check(twice, { seed, numRuns: 1, endOnFailure: true });
  return failed ? { seed, violation: await shrink(seed, minutes, size) } : { seed, ...played! };
}

/** The shortest plan that fails in the same way, and its story. */
async function shrink(seed: number, minutes: number, size: Size): Promise<string> {
  const twice = fc.asyncProperty(wide(minutes, size), async (plan) => {
    const { hash } = await play(plan);
    assert.equal((await play(plan)).hash, hash, 'the second run of the same plan did otherwise');
  });
  const result = await fc.check(twice, { seed, numRuns: 1, interruptAfterTimeLimit: SHRINK_MS });
  const [plan] = result.counterexample ?? [];
  const { message } = result.errorInstance as Error;
  const lines = message.split('\n');
  const story =
    lines.length > MAX_LINES ? [...lines.slice(0, 10), '  …', ...lines.slice(10 - MAX_LINES)] : lines;
  return [...story, `plan: ${JSON.stringify(plan)}`].join('\n');
}
