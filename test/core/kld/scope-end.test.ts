/** What a module's scope knows of its end: whether another version of the module goes on. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defineModule, Kernel, type ModuleClass } from '../../../core/index.js';

/** A module that hands over a state, if told to, and how it ended, by its handlers' signal and by what it had deferred. */
function ending(state?: number) {
  const ends: string[] = [];
  const make = (fails = false): ModuleClass =>
    defineModule({
      name: 'meter',
      start({ scope }) {
        scope.signal.addEventListener('abort', () => void ends.push(scope.end));
        scope.defer(() => void ends.push(scope.end));
        if (fails) throw new Error('no start');
      },
      ...(state !== undefined && { handover: () => state, takeover: () => {} }),
    });
  return { ends, make };
}

test('a first start that fails takes the module away', async () => {
  await using kernel = new Kernel({ log: () => {} });
  const { ends, make } = ending(1);
  await assert.rejects(kernel.load(make(true)), { code: 'ESTART' });
  assert.deepEqual(ends, ['unload', 'unload']);
});

test('a new version whose start fails takes nothing away from the one before, which goes on', async () => {
  await using kernel = new Kernel({ log: () => {} });
  const { ends, make } = ending(1);
  await kernel.load(make());
  await assert.rejects(kernel.reload(make(true)), { code: 'ESTART' });
  assert.deepEqual(ends, ['replace', 'replace']);
});

test('a version ends for the one that has its state, and in the end for none', async () => {
  const { ends, make } = ending(1);
  {
    await using kernel = new Kernel({ log: () => {} });
    await kernel.load(make());
    await kernel.reload(make());
    assert.deepEqual(ends.splice(0), ['replace', 'replace']);
  }
  assert.deepEqual(ends, ['unload', 'unload']);
});
