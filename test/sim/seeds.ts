import assert from 'node:assert/strict';
import fc from 'fast-check';
import { mixed } from './mixed.js';
import type { Plan } from './plan.js';
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

/** What networks are drawn. */
export interface Kind extends Size {
  /** Whether their hosts speak VRRP; else CARP alone. */
  readonly vrrp?: boolean;
  /** Whether a network is played once, so that it is not seen whether a second run does the same. */
  readonly once?: boolean;
}

function draw(minutes: number, { vrrp = false, ...size }: Kind): fc.Arbitrary<Plan> {
  return vrrp ? mixed(minutes, size) : wide(minutes, size);
}

/** Plays the network of a seed twice, unless `once` is asked for. Both runs must do the same. */
export async function playSeed(seed: number, minutes: number, kind: Kind = {}): Promise<Outcome> {
  let played: Played | undefined;
  const twice = fc.asyncProperty(draw(minutes, kind), async (plan) => {
    played = await play(plan);
    if (kind.once) return;
    const again = await play(plan);
    assert.equal(again.hash, played.hash, 'the second run of the same plan did otherwise');
  });
  const { failed } = await fc.check(twice, { seed, numRuns: 1, endOnFailure: true });
  return failed ? { seed, violation: await shrink(seed, minutes, kind) } : { seed, ...played! };
}

/** The shortest plan that fails in the same way, and its story. */
async function shrink(seed: number, minutes: number, kind: Kind): Promise<string> {
  const twice = fc.asyncProperty(draw(minutes, kind), async (plan) => {
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
