/** Modules in address spaces of their own, as far as the kernel is concerned. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  defineModule,
  ISOLATION,
  type Isolate,
  type IsolationName,
  Kernel,
  Module,
  type ModuleClass,
} from '../../../core/index.js';

const KIND = 'test' as IsolationName;
const info = { in: 'test', state: 'running', restarts: 0, queued: 0, dropped: 0 } as const;

/** Stands for a module elsewhere. */
function standIn(): ModuleClass {
  @Module({ name: 'away' })
  class Away {
    [ISOLATION](): typeof info {
      return info;
    }
  }
  return Away;
}

const away = defineModule({ name: 'away' });

test('a module is run by what provides its kind of address space, and renewed by it', async () => {
  await using kernel = new Kernel();
  const calls: unknown[] = [];
  const made = [standIn(), standIn(), standIn()];
  const provided = kernel.isolations.register(KIND, {
    standIn: async (...given) => {
      calls.push(['stand in', ...given]);
      return made[0]!;
    },
    renew: async (...given) => {
      calls.push(['renew', ...given]);
      return made[1]!;
    },
  });
  const isolate = { in: KIND, memory: 64 } as unknown as Isolate;
  await kernel.load(away, undefined, { isolate } as never);
  assert.deepEqual(kernel.modules(), [
    { name: 'away', refs: 1, state: 'loaded', depends: [], usedBy: [], isolation: info },
  ]);
  await kernel.reload('away');
  assert.equal(kernel.get(made[1]!).constructor, made[1]);
  assert.deepEqual(calls, [
    ['stand in', away, { memory: 64 }],
    ['renew', made[0], { memory: 64 }],
  ]);
  await kernel.unload('away');
  await kernel.load(away, undefined, { isolate: KIND } as never);
  assert.deepEqual(calls.at(-1), ['stand in', away, {}]);
  provided[Symbol.dispose]();
  await kernel.unload('away');
  await assert.rejects(kernel.load(away, undefined, { isolate } as never), {
    code: 'EDEPEND',
    message: "isolate: nothing provides test; for 'worker' load WorkerModule of carpet-kernel/worker first",
  });
});

test('a module that is being loaded can be told to those who hear of what is loaded for it', async () => {
  await using kernel = new Kernel();
  const base = defineModule({ name: 'base' });
  const user = defineModule({ name: 'user', depends: [base, base] });
  const told: string[] = [];
  kernel.eventhandler.register('kld_load', ({ name, refs, dependents }) => {
    const files = [...dependents];
    told.push(
      `${name} ${refs} ${JSON.stringify(files)} ${files.map((file) => file.since + file.loadMs).join()}`,
    );
  });
  await kernel.load(user);
  assert.deepEqual(told, [
    'base 1 [{"name":"user","refs":0,"state":"loading","depends":["base"],"usedBy":[]}] 0',
    'user 1 [] ',
  ]);
  assert.deepEqual(kernel.modules(), [
    { name: 'base', refs: 1, state: 'loaded', depends: [], usedBy: ['user'] },
    { name: 'user', refs: 1, state: 'loaded', depends: ['base'], usedBy: [] },
  ]);
});
