/** What the control module holds, it gives back; its server comes with the first connection and goes when it fails. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { test } from 'node:test';
import { ControlModule } from '../../../modules/control/index.js';
import { needs } from '../../support/needs.js';
import { ControlledKernel } from './support/server.js';

const skip = needs('native');
const descriptors = (): number => readdirSync('/proc/self/fd').length;
const threads = (): number => readdirSync('/proc/self/task').length;

test('loading, serving and unloading leaves no descriptor, thread, verb or file', { skip }, async () => {
  await using warm = await ControlledKernel.start();
  await warm.ask('/v1');
  const before = [descriptors(), threads()];
  for (let round = 0; round < 5; round++) {
    await using kernel = await ControlledKernel.start();
    assert.equal((await kernel.ask('/v1/kldstat')).status, 200);
    await kernel.kernel.unload('control');
    assert.deepEqual(kernel.kernel.verbs.list(), []);
    assert.ok(!existsSync(kernel.socket));
    assert.ok(!existsSync(kernel.readSocket));
  }
  assert.ok(
    descriptors() <= before[0]! && threads() <= before[1]!,
    `${descriptors()} ${threads()}, before ${before.join(' ')}`,
  );
});

test('a kernel that nobody asks has no server thread', { skip }, async () => {
  const before = threads();
  await using kernel = await ControlledKernel.start();
  assert.equal(threads(), before);
  await kernel.ask('/v1');
  assert.ok(threads() > before);
});

test('a reload gives the sockets to the new version', { skip }, async () => {
  await using kernel = await ControlledKernel.start();
  await kernel.ask('/v1');
  await kernel.kernel.reload(ControlModule);
  assert.equal((await kernel.ask('/v1/kldstat')).status, 200);
  assert.equal((await kernel.ask('/v1/kldstat', { socket: kernel.readSocket })).status, 200);
});
