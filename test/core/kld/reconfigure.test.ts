/** Settings that change while a module runs. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as v from 'valibot';
import { CheckedSettings, inject, Kernel, type KldError, Module, SETTINGS } from '../../../core/index.js';

const schema = v.strictObject({ level: v.pipe(v.number(), v.maxValue(9)) });

@Module({ name: 'dial', settings: schema, secrets: ['code'] })
class Dial {
  readonly levels: number[] = [];
  gate: Promise<void> | undefined;

  constructor(@inject(SETTINGS) { level }: v.InferOutput<typeof schema>) {
    this.levels.push(level);
  }

  async reconfigure({ level }: v.InferOutput<typeof schema>): Promise<void> {
    await this.gate;
    this.levels.push(level);
  }

  changes({ level }: v.InferOutput<typeof schema>): string[] {
    const now = this.levels.at(-1)!;
    return level === now ? [] : [`level ${now} -> ${level}`];
  }
}

@Module({ name: 'fixed' })
class Fixed {}

const code =
  (wanted: string) =>
  (error: unknown): boolean =>
    (error as KldError).code === wanted;

test('a loaded module takes other settings while it runs, checked against its schema', async () => {
  await using kernel = new Kernel();
  const dial = await kernel.load(Dial, { level: 1 });
  assert.deepEqual(await kernel.changes(Dial, { level: 2 }), ['level 1 -> 2']);
  await kernel.reconfigure(Dial, { level: 2 });
  assert.deepEqual(await kernel.changes('dial', { level: 2 }), []);
  await assert.rejects(kernel.reconfigure(Dial, { level: 10 }), code('ESETTINGS'));
  assert.deepEqual(dial.levels, [1, 2]);
  assert.deepEqual(kernel.settings(Dial), { level: 2 }, 'what is in force is what was given last');
});

test('what cannot be reconfigured is refused, and cannot say what would change', async () => {
  await using kernel = new Kernel();
  await assert.rejects(kernel.reconfigure(Fixed), code('ENOENT'));
  await kernel.load(Fixed);
  await assert.rejects(kernel.reconfigure(Fixed), code('EOPNOTSUPP'));
  assert.equal(await kernel.changes(Fixed), undefined);
});

test('an unload waits for the settings to be in force', async () => {
  await using kernel = new Kernel();
  const dial = await kernel.load(Dial, { level: 1 });
  let open = (): void => {};
  dial.gate = new Promise((resolve) => {
    open = resolve;
  });
  const order: string[] = [];
  const reconfigured = kernel.reconfigure(Dial, { level: 2 }).then(() => order.push('reconfigured'));
  const unloaded = kernel.unload(Dial).then(() => order.push('unloaded'));
  open();
  await Promise.all([reconfigured, unloaded]);
  assert.deepEqual(order, ['reconfigured', 'unloaded']);
});

test('a sysctl says whether writing adds to it', async () => {
  await using kernel = new Kernel();
  const sum = kernel.sysctl.int('test.sum', {
    description: 'a sum',
    value: 0,
    set: (written, old) => old + written,
    cumulative: true,
  });
  assert.equal(sum.convert('3'), 3);
  assert.throws(() => sum.convert('x'), code('EINVAL'));
  assert.equal(sum.value, 0);
  assert.ok(sum.cumulative);
  assert.ok(!kernel.sysctl.get('kern.shutdown.timeout')!.cumulative);
});

test('settings that were checked already are not checked again, unless by another schema', async () => {
  let checks = 0;
  const counted = v.pipe(
    schema,
    v.check(() => ++checks > 0),
  );

  @Module({ name: 'counted', settings: counted })
  class Counted {
    constructor(@inject(SETTINGS) readonly settings: { level: number }) {}
  }

  await using kernel = new Kernel();
  const settings = new CheckedSettings(counted, { level: 99 }, { level: 3 });
  assert.deepEqual((await kernel.load(Counted, settings)).settings, { level: 3 });
  assert.equal(checks, 0);
  await assert.rejects(kernel.load(Dial, settings), code('ESETTINGS'));
  const others = new CheckedSettings(counted, { level: 5 }, { level: 3 });
  assert.deepEqual((await kernel.load(Dial, others)).levels, [5]);
});
