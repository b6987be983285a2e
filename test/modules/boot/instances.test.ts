/** Several instances of one module in a settings file. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Booted } from './support/booted.js';
import { Folder } from './support/folder.js';
import { Gauge, REGISTRY } from './support/modules.js';

const levels = (booted: Booted, ...names: string[]): number[] =>
  names.map((name) => booted.kernel.get(Gauge, name).settings.level);

test('a key with module: names an instance, which is changed and unloaded by itself', async () => {
  await using booted = await Booted.from(
    'modules:\n  gauge: {level: 1}\n  upper: {module: gauge, level: 2}\n  lower: {module: gauge}\n',
    REGISTRY,
  );
  assert.deepEqual(booted.modules(), ['gauge', 'upper', 'lower']);
  assert.deepEqual(levels(booted, 'gauge', 'upper', 'lower'), [1, 2, 0]);

  const upper = booted.kernel.get(Gauge, 'upper');
  await booted.apply('modules:\n  gauge: {level: 1}\n  upper: {module: gauge, level: 5}\n');
  assert.deepEqual(booted.loads(), ['unload lower']);
  assert.equal(booted.kernel.get(Gauge, 'upper'), upper);
  assert.deepEqual(levels(booted, 'gauge', 'upper'), [1, 5]);

  await booted.apply('modules:\n  upper: {module: gauge, level: 5}\n');
  assert.deepEqual(booted.modules(), ['upper']);
  await booted.apply('modules:\n  upper: {module: stiff}\n');
  assert.deepEqual(booted.loads(), ['unload gauge', 'load bare', 'unload upper', 'load upper']);
});

test('an application that fails puts the instances back', async () => {
  await using booted = await Booted.from('modules:\n  upper: {module: gauge, level: 2}\n', {
    ...REGISTRY,
    broken: {
      summary: 'Does not start.',
      load: async () => (await import('./support/broken.js')).Broken,
    },
  });
  await booted.refused('modules:\n  upper: {module: gauge, level: 3}\n  lower: {module: gauge}\n  broken:\n');
  assert.deepEqual(booted.modules(), ['upper']);
  assert.deepEqual(levels(booted, 'upper'), [2]);
});

test('mistakes are found with their places', async () => {
  using folder = new Folder();
  assert.deepEqual(
    await folder.problems(
      REGISTRY,
      `modules:
  upper: {module: gauge, level: 20}
  Lower: {module: gauge}
  third: {module: gauges}
  far: {module: gauge, isolate: worker}
`,
    ),
    [
      'carpet.yaml:2:33: modules.upper.level: expected <=9 (found 20)',
      'carpet.yaml:3:3: modules.Lower: is no name of an instance: expected lower-case words joined by hyphens',
      'carpet.yaml:4:3: modules.third: gauges: unknown module; did you mean gauge?',
      'carpet.yaml:5:3: modules.far: a module in a worker is loaded once: leave out module or isolate',
    ],
  );
});
