/** The sysctls of a module in a thread, in the kernel's tree. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inject, Kernel, Module, Scope } from '../../../core/index.js';
import type { ToWorker } from '../../../modules/worker/protocol.js';
import { SysctlMirror } from '../../../modules/worker/sysctl-mirror.js';

@Module({ name: 'mirror' })
class Mirror {
  constructor(@inject(Scope) readonly scope: Scope) {}
}

test('a sysctl that does not fit keeps no other from being set in the thread', async () => {
  await using kernel = new Kernel();
  const { scope } = await kernel.load(Mirror);
  const posted: ToWorker[] = [];
  const mirror = new SysctlMirror(scope, (messages) => posted.push(...messages));
  const common = { type: 'sysctl', description: 'd', readonly: false } as const;
  const mode = { ...common, name: 'dev.mode', kind: 'enum', default: 'a', values: ['a', 'b'] } as const;
  mirror.add({ ...common, name: 'dev.limit', kind: 'int', default: 7, value: 7 });
  assert.throws(() => mirror.add({ ...mode, value: 'c' }));
  kernel.sysctl.set('dev.limit', 8);
  assert.deepEqual(posted, [{ type: 'set-sysctl', name: 'dev.limit', value: 8 }]);
});

test('what somebody makes of one new value keeps no other from being stored', async () => {
  await using kernel = new Kernel();
  const { scope } = await kernel.load(Mirror);
  const mirror = new SysctlMirror(scope, () => undefined);
  const common = {
    type: 'sysctl',
    kind: 'int',
    description: 'd',
    readonly: false,
    default: 1,
    value: 1,
  } as const;
  mirror.add({ ...common, name: 'dev.first' });
  mirror.add({ ...common, name: 'dev.second' });
  kernel.sysctl.get('dev.first')!.onChange(() => {
    throw new Error('not now');
  });
  assert.throws(() => mirror.store({ 'dev.first': 2, 'dev.second': 3 }), /not now/);
  assert.deepEqual(
    kernel.sysctl.list('dev').map(({ value }) => value),
    [2, 3],
  );
});
