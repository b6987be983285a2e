/** What a module does with time. */
import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { test } from 'node:test';
import {
  defineModule,
  inject,
  Kernel,
  type KernelFault,
  Module,
  Scope,
  TaskError,
  VirtualClock,
} from '../../../core/index.js';
import { collectGarbage } from '../../support/garbage.js';

function world(): { clock: VirtualClock; kernel: Kernel; scope: Scope; faults: KernelFault[] } {
  const clock = new VirtualClock();
  const faults: KernelFault[] = [];
  const kernel = new Kernel({ clock, onError: (error) => void faults.push(error) });
  return { clock, kernel, scope: new Scope('test', kernel), faults };
}

test('sleep ends by the clock, by a signal, or with the scope, and leaves nothing', async () => {
  const { clock, scope } = world();
  let slept = false;
  const sleeping = scope.sleep(100).then(() => {
    slept = true;
  });
  await clock.advance(99);
  assert.ok(!slept);
  await clock.advance(1);
  await sleeping;
  const controller = new AbortController();
  const given = scope.sleep(100, { signal: controller.signal });
  controller.abort(new Error('enough'));
  await assert.rejects(given, { message: 'enough' });
  await assert.rejects(scope.sleep(1, { signal: controller.signal }), { message: 'enough' });
  assert.deepEqual([scope.size, clock.armed], [0, 0]);
  const warnings: Error[] = [];
  process.on('warning', (warning) => warnings.push(warning));
  const many = Array.from({ length: 50 }, () =>
    assert.rejects(scope.sleep(1e6), { code: 'ECLOSED', message: 'test is being unloaded' }),
  );
  await scope.close();
  await Promise.all(many);
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual([scope.size, clock.armed, warnings.length], [0, 0, 0]);
  await assert.rejects(scope.sleep(1), { code: 'ECLOSED' });
});

test('timeout gives up what takes too long, and says so to the work', async () => {
  const { clock, scope } = world();
  let told: AbortSignal | undefined;
  const hanging = scope.timeout('the answer', 50, (signal) => {
    told = signal;
    return new Promise<never>(() => {});
  });
  const refused = assert.rejects(hanging, {
    code: 'ETIMEDOUT',
    message: 'test: the answer takes longer than 50 ms',
  });
  await clock.advance(50);
  await refused;
  assert.equal(told?.aborted, true);
  assert.equal(await scope.timeout('quick', 50, async () => 7), 7);
  await assert.rejects(
    scope.timeout('bad', 50, () => Promise.reject(new Error('no'))),
    { message: 'no' },
  );
  assert.deepEqual([scope.size, clock.armed], [0, 0]);
  const closed = assert.rejects(
    scope.timeout('long', 50, () => new Promise(() => {})),
    { code: 'ECLOSED' },
  );
  await scope.close();
  await closed;
});

test('every keeps in step, does not overlap itself, and survives its errors', async () => {
  const { clock, scope, faults } = world();
  const times: number[] = [];
  let work = async (): Promise<void> => {};
  const every = scope.every('poll', 100, () => {
    times.push(clock.now());
    return work();
  });
  await clock.advance(250);
  work = () => scope.sleep(130);
  await clock.advance(200);
  work = () => Promise.reject(new Error('no answer'));
  await clock.advance(200);
  assert.deepEqual(times, [100, 200, 300, 500, 600]);
  assert.deepEqual(
    faults.map(({ message }) => message),
    ['callout test poll failed: no answer', 'callout test poll failed: no answer'],
  );
  every[Symbol.dispose]();
  await clock.advance(1000);
  assert.deepEqual([times.length, scope.size, clock.armed], [5, 0, 0]);
  assert.throws(() => scope.every('never', 0, () => {}), RangeError);
});

test('an unload asks tasks to end, and waits for them before stop', async () => {
  const { kernel, clock, faults } = world();
  const journal: string[] = [];

  @Module({ name: 'worker' })
  class Worker {
    constructor(@inject(Scope) readonly scope: Scope) {}
    start(): void {
      void this.scope.spawn('loop', async (signal) => {
        while (!signal.aborted) await this.scope.sleep(10).catch(() => {});
        await new Promise((resolve) => setImmediate(resolve));
        journal.push('the loop has ended');
      });
      void this.scope.spawn('given up', () => this.scope.sleep(1e9));
      void this.scope.spawn('broken', () => Promise.reject(new Error('no such file')));
    }
    stop(): void {
      journal.push('stop');
    }
  }

  await kernel.load(Worker);
  await clock.advance(100);
  await kernel.unload('worker');
  assert.deepEqual(journal, ['the loop has ended', 'stop']);
  assert.deepEqual(
    faults.map((error) => [error instanceof TaskError && error.task, error.message, error.owner]),
    [['broken', 'task broken of worker failed: no such file', 'worker']],
  );
  assert.equal(kernel.sysctl.get('kern.task_errors')?.value, 1);
  assert.equal(clock.armed, 0);
});

test('a task may end by the abort, and by nothing else unheard', async () => {
  const { scope, faults } = world();
  const abortError = (): Error => Object.assign(new Error('given up'), { name: 'AbortError' });
  let isOver = false;
  await scope.spawn('early', async () => {
    await new Promise((resolve) => setImmediate(resolve));
    isOver = true;
    throw abortError();
  });
  assert.ok(isOver);
  const at = (name: string, error: unknown): void =>
    void scope.spawn(
      name,
      (signal) => new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(error))),
    );
  at('by the abort', abortError());
  at('by a fault', new Error('broken pipe'));
  at('by nothing', undefined);
  void scope.spawn(
    'by the reason',
    (signal) =>
      new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
  );
  await scope.close();
  assert.deepEqual(
    faults.map(({ message }) => message),
    [
      'task early of test failed: given up',
      'task by a fault of test failed: broken pipe',
      'task by nothing of test failed: undefined',
    ],
  );
  assert.deepEqual(scope.tasks(), []);
  assert.throws(() => scope.spawn('late', () => assert.fail('not begun')), { code: 'ECLOSED' });
});

test('a scope waits for its tasks, and for those of the scopes within it, before it gives back what they use', async () => {
  const { scope } = world();
  const journal: string[] = [];
  const lasting =
    (whose: string) =>
    async (signal: AbortSignal): Promise<void> => {
      while (!signal.aborted) await new Promise((resolve) => setImmediate(resolve));
      await new Promise((resolve) => setImmediate(resolve));
      journal.push(`${whose} has ended`);
    };
  scope.defer(() => void journal.push('given back'));
  const child = scope.child('part');
  child.defer(() => void journal.push('given back by the part'));
  void scope.spawn('loop', lasting('the loop'));
  void child.spawn('loop', lasting('the loop of the part'));
  await scope.close();
  assert.deepEqual(journal, [
    'the loop has ended',
    'the loop of the part has ended',
    'given back by the part',
    'given back',
  ]);
});

test('an unload waits for the tasks of the scopes within its own before stop', async () => {
  const { kernel } = world();
  const journal: string[] = [];
  const module = defineModule({
    name: 'worker',
    start({ scope }) {
      void scope.child('part').spawn('loop', async (signal) => {
        while (!signal.aborted) await new Promise((resolve) => setImmediate(resolve));
        await new Promise((resolve) => setImmediate(resolve));
        journal.push('the loop of the part has ended');
      });
    },
    stop: () => void journal.push('stop'),
  });
  await kernel.load(module);
  await kernel.unload('worker');
  assert.deepEqual(journal, ['the loop of the part has ended', 'stop']);
});

test('a sleep that is over leaves nothing at its signal; a closed scope comes before it', async () => {
  const { clock, scope } = world();
  const controller = new AbortController();
  const sleeping = scope.sleep(10, { signal: controller.signal });
  assert.equal(getEventListeners(controller.signal, 'abort').length, 1);
  await clock.advance(10);
  await sleeping;
  assert.equal(getEventListeners(controller.signal, 'abort').length, 0);
  assert.doesNotThrow(() => scope.every('often', 0.5, () => {})[Symbol.dispose]());
  controller.abort(new Error('enough'));
  await scope.close();
  await assert.rejects(scope.sleep(1, { signal: controller.signal }), { code: 'ECLOSED' });
});

test('a scope keeps nothing of what is over', async () => {
  const { scope } = world();
  let told: WeakRef<AbortSignal> | undefined;
  await scope.timeout('quick', 50, async (signal) => {
    told = new WeakRef(signal);
  });
  await new Promise((resolve) => setImmediate(resolve));
  collectGarbage();
  assert.equal(told?.deref(), undefined);
});

test('a task that does not end is named by the unload that waits for it', async () => {
  const { kernel, clock } = world();

  @Module({ name: 'stubborn' })
  class Stubborn {
    constructor(@inject(Scope) scope: Scope) {
      void scope.spawn('download', () => new Promise(() => {}));
    }
  }

  await kernel.load(Stubborn);
  const unloading = assert.rejects(kernel.unload('stubborn', { timeout: 1000 }), {
    code: 'ETIMEDOUT',
    message: /it waits for its task download/,
  });
  await clock.advance(1000);
  await unloading;
  const forced = kernel.unload('stubborn', { timeout: 100, force: true });
  await clock.advance(200);
  await forced;
  assert.deepEqual(kernel.modules(), []);
});
