/** A hash of a state must cover all that its future depends on. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Choices } from './choices.js';
import { ASKED, NOT_ASKED } from './fingerprint.js';
import { EXPLORE_DEFAULTS } from './settings.js';
import { ExploredWorld } from './world.js';

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
  for (let i = 0; i < 60; i++) {
    world.step();
    const text = world.fingerprint(4400);
    texts.set(text, (texts.get(text) ?? 0) + 1);
  }
  // In a quiet network a second is like the one before.
  assert.ok(texts.size < 30 && Math.max(...texts.values()) > 15, `${texts.size} texts`);
  const held = [...texts.keys()].filter((text) => text.includes('10.0.0.1>b'));
  assert.ok(held.length > 0 && held.length < texts.size);
  await world.close();
});
