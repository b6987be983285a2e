/** `npm run spec` in its short form: the specification holds, the code does what it says, and it says what the code does. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '../../core/index.js';
import { MasterWatch } from '../../modules/carp/election/master-watch.js';
import { needs } from '../support/needs.js';
import { CodeRun } from './code.js';
import { prove, respecified, specified } from './spin.js';
import { ACTS, lineOf, type SpecSettings } from './steps.js';

const skip = needs('program:spin', 'program:gcc');
const THREE: SpecSettings = { hosts: 3, preempt: true, crashes: 2 };
const SETTINGS: readonly SpecSettings[] = [
  { hosts: 2, preempt: false, crashes: 2 },
  { hosts: 2, preempt: true, crashes: 2 },
  { hosts: 3, preempt: false, crashes: 2 },
  THREE,
];
const STEPS = 120;

for (const settings of SETTINGS) {
  const { hosts, preempt } = settings;
  const name = `${hosts} hosts, ${preempt ? 'with' : 'without'} preempt`;

  test(`${name}: one MASTER when nothing goes wrong any more, in every state of the specification`, {
    skip,
  }, () => {
    const { states, violation } = prove({ ...settings, crashes: 1 });
    assert.equal(violation, undefined);
    assert.ok(states > 1000, String(states));
  });

  test(`${name}: what the specification does the code does`, { skip }, async () => {
    const code = await CodeRun.make(settings);
    for (let seed = 1; seed <= 8; seed++) {
      const steps = specified(settings, seed);
      assert.ok(steps.length > 100, `${steps.length} steps`);
      assert.deepEqual(code.follow(steps).map(lineOf), steps.map(lineOf), `seed ${seed}`);
    }
    await code.close();
  });

  test(`${name}: what the code does the specification allows`, { skip }, async () => {
    const code = await CodeRun.make(settings);
    const acts = new Set<string>();
    for (let seed = 1; seed <= 8; seed++) {
      const steps = code.wander(STEPS, seededRandom(`spec ${seed}`));
      assert.equal(steps.length, STEPS);
      for (const { act } of steps) acts.add(act);
      assert.deepEqual(respecified(settings, steps).map(lineOf), steps.map(lineOf), `seed ${seed}`);
    }
    assert.deepEqual([...acts].toSorted(), ACTS.toSorted());
    await code.close();
  });
}

test('a bound that is too short is refuted: a host that is lost in its first second is missed for a dead time', {
  skip,
}, () => {
  const two: SpecSettings = { hosts: 2, preempt: false, crashes: 1 };
  assert.match(prove({ ...two, bound: 20 }).violation ?? 'none', /assertion violated/);
});

test('code that takes a last word for a claim is told from the specification', { skip }, async (t) => {
  t.mock.method(MasterWatch.prototype, 'isLastWord', () => false);
  const code = await CodeRun.make(THREE);
  const differs = Array.from({ length: 40 }, (_, i) => specified(THREE, i + 1)).some(
    (steps) => code.follow(steps).map(lineOf).join() !== steps.map(lineOf).join(),
  );
  await code.close();
  assert.ok(differs);
});
