import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as elapse } from 'node:timers/promises';
import { ModuleFolder, PACKAGE } from '../../support/module-folder.js';
import { EchoKernel } from './support/kernel.js';

test('a worker that does not end when it is told to is reported, and the unload waits for it', async () => {
  using folder = new ModuleFolder();
  const file = folder.write(
    'native.mjs',
    `import { spawnSync } from 'node:child_process';
import { defineModule } from '${PACKAGE}';
export default defineModule({ name: 'native', on: { worker_test: () => void spawnSync('sleep', ['4']) } });`,
  );
  await using echo = await EchoKernel.start();
  const { kernel } = echo;
  await kernel.load(file, undefined, { isolate: { in: 'worker', stopMs: 100, stallMs: 60_000 } });
  kernel.eventhandler.invoke('worker_test', 'x');
  await elapse(100);
  const began = performance.now();
  await kernel.unload('native');
  assert.ok(performance.now() - began > 2_000);
  const { module } = await echo.logged(/^its worker has not ended 2000 ms after it was told to/);
  assert.equal(module, 'native');
});
