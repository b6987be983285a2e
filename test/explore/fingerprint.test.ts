/** A hash of a state must cover all that its future depends on. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Random, seededRandom } from '../../core/index.js';
import { Choices } from './choices.js';
import { ASKED, Fingerprints, NOT_ASKED } from './fingerprint.js';
import { EXPLORE_DEFAULTS, type ExploreSettings } from './settings.js';
import { ExploredWorld, START_MS, type WorldState } from './world.js';

/** `machine.state`, `seal` …: every member, those of `machine` one by one. */
function members(state: object): string[] {
  return Object.entries(state).flatMap(([name, value]) =>
    name === 'machine' ? Object.keys(value as object).map((part) => `machine.${part}`) : [name],
  );
}

test('every member of what a vhid hands over is in the fingerprint, or is left out for a reason', async () => {
  const settings = {
    ...EXPLORE_DEFAULTS,
    skews: [0, 100],
    preempt: false,
    election: 'auto',
    depth: 0,
  } as const;
  const world = await new ExploredWorld(settings).make();
  world.begin(new Choices([], 0));
  for (let i = 0; i < 20; i++) world.step();
  const state = world.hosts[0]!.vhid!.handover.capture();
  assert.deepEqual(members(state).toSorted(), [...ASKED, ...Object.keys(NOT_ASKED)].toSorted());
  // What is left out for being always the same is always the same.
  const before = JSON.stringify([
    state.output,
    state.fitness,
    state.added,
    state.counter,
    state.machine.blip,
  ]);
  for (let i = 0; i < 50; i++) world.step();
  const after = world.hosts[0]!.vhid!.handover.capture();
  assert.equal(
    JSON.stringify([after.output, after.fitness, after.added, after.counter, after.machine.blip]),
    before,
  );
  await world.close();
});

test('another age, another word or another host under way is another fingerprint; the same later is the same', async () => {
  const settings = {
    ...EXPLORE_DEFAULTS,
    skews: [0, 100],
    preempt: false,
    election: 'auto',
    depth: 40,
  } as const;
  const world = await new ExploredWorld(settings).make();
  const texts = new Map<string, number>();
  world.begin(new Choices([], 40));
  const fingerprints = new Fingerprints(settings, 3400);
  for (let i = 0; i < 60; i++) {
    world.step();
    const text = fingerprints.of(world.capture());
    texts.set(text, (texts.get(text) ?? 0) + 1);
  }
  // In a quiet network a second is like the one before.
  assert.ok(texts.size < 30 && Math.max(...texts.values()) > 15, `${texts.size} texts`);
  const held = [...texts.keys()].filter((text) => text.includes('10.0.0.1>b'));
  assert.ok(held.length > 0 && held.length < texts.size);
  await world.close();
});

/** How far two futures are held against each other. */
const STEPS = 12;

/** Decisions at random: every other one goes wrong. */
class Dice extends Choices {
  constructor(private readonly random: Random) {
    super([], 1);
  }

  override take(of: number): number {
    return this.random.float() < 0.5 ? 0 : this.random.below(of);
  }
}

/** Those of one step, after which nothing goes wrong. */
class StepChoices extends Choices {
  ended = false;

  override take(of: number): number {
    return this.ended ? 0 : super.take(of);
  }
}

/** What happens from then on, for each decision that can be made next: so many steps as lines, and when each was. */
function futures(world: ExploredWorld, state: WorldState): { line: string; after: number }[][] {
  const found = [];
  const choices = new StepChoices([], 4);
  world.begin(choices);
  do {
    choices.rewind(0);
    choices.ended = false;
    world.resume(state);
    world.journal = [];
    world.step();
    choices.ended = true;
    for (let i = 0; i < STEPS; i++) world.step();
    assert.equal(world.violation, undefined);
    const began = (state.now - START_MS) / 1000;
    found.push(
      world.journal.map((line) => ({ line: line.slice(10), after: Number(line.slice(0, 10)) - began })),
    );
  } while (choices.advance() !== undefined);
  world.journal = undefined;
  return found;
}

/** Times are rounded in a fingerprint and in a journal. */
function assertAlike(
  first: ReturnType<typeof futures>,
  second: ReturnType<typeof futures>,
  text: string,
): void {
  const lines = (future: ReturnType<typeof futures>) => future.map((run) => run.map(({ line }) => line));
  assert.deepEqual(lines(second), lines(first), text);
  const times = second.flat().map(({ after }) => after);
  for (const [i, { after }] of first.flat().entries())
    assert.ok(Math.abs(after - times[i]!) < 0.0003, `${after} and ${times[i]}: ${text}`);
}

for (const { skews, preempt } of [
  { skews: [0, 0], preempt: false },
  { skews: [0, 100], preempt: true },
  { skews: [0, 0, 0], preempt: false },
]) {
  const name = `advskew ${skews.join('/')}${preempt ? ', preempt' : ''}`;
  test(`${name}: worlds with one fingerprint go on alike, whatever is decided`, async () => {
    const settings: ExploreSettings = {
      ...EXPLORE_DEFAULTS,
      skews,
      preempt,
      election: 'auto',
      depth: 1,
      crashes: 2,
    };
    const world = await new ExploredWorld(settings).make();
    const fingerprints = new Fingerprints(settings, 3000 + (Math.max(...skews) * 1000) / 256);
    const dice = new Dice(seededRandom('dice'));
    const known = new Map<string, WorldState>();
    let compared = 0;
    for (let walk = 0; walk < 12; walk++) {
      world.begin(dice);
      for (let i = 0; i < 60; i++) {
        world.step();
        const state = world.capture();
        const text = fingerprints.of(state);
        const first = known.get(text);
        if (first === undefined) known.set(text, state);
        else {
          compared++;
          assertAlike(futures(world, first), futures(world, state), text);
          world.begin(dice);
          world.resume(state);
        }
      }
    }
    assert.ok(compared > 80, `${compared} compared`);
    await world.close();
  });
}
