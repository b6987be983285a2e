/** More than one instance of a module, by name. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as v from 'valibot';
import { defineModule, EventHandler, inject, Kernel, Module, Scope, SETTINGS } from '../../../core/index.js';

declare module 'carpet-kernel' {
  interface EventHandlers {
    instance_test(n: number): void;
  }
}

const refused =
  (code: string, text: RegExp) =>
  (error: unknown): boolean => {
    assert.ok(error instanceof Error && 'code' in error);
    assert.equal(error.code, code);
    assert.match(error.message, text);
    return true;
  };

@Module({ name: 'meter', settings: v.object({ factor: v.optional(v.number(), 1) }) })
class Meter {
  sum = 0;

  constructor(
    @inject(SETTINGS) private readonly settings: { factor: number },
    @inject(Scope) readonly scope: Scope,
  ) {}

  start(): void {
    this.scope.sysctl.int(`dev.${this.scope.name}.factor`, { description: '', value: this.settings.factor });
  }

  @EventHandler('instance_test')
  onTest(n: number): void {
    this.sum += n * this.settings.factor;
  }
}

test('a module is loaded more than once, each instance with a name, settings and a scope of its own', async () => {
  await using kernel = new Kernel();
  await kernel.load(Meter);
  await kernel.load(Meter, { factor: 2 }, { as: 'double' });
  await kernel.load(Meter, { factor: 3 }, { as: 'triple' });
  kernel.eventhandler.invoke('instance_test', 1);
  assert.deepEqual(
    [kernel.get(Meter).sum, kernel.get(Meter, 'double').sum, kernel.get(Meter, 'triple').sum],
    [1, 2, 3],
  );
  assert.equal(kernel.sysctl.get('dev.double.factor')?.value, 2);
  assert.deepEqual(
    kernel.modules().map(({ name, of }) => [name, of]),
    [
      ['meter', undefined],
      ['double', 'meter'],
      ['triple', 'meter'],
    ],
  );
  const [list] = kernel.eventhandler.lists().filter(({ name }) => name === 'instance_test');
  assert.deepEqual(
    list!.entries.map(({ handler, owner }) => `${handler} ${owner}`),
    ['meter.onTest meter', 'double.onTest double', 'triple.onTest triple'],
  );
  await kernel.unload('double');
  kernel.eventhandler.invoke('instance_test', 1);
  assert.throws(() => kernel.get(Meter, 'double'), refused('ENOENT', /double/));
  assert.equal(kernel.get(Meter, 'triple').sum, 6);
  assert.equal(kernel.sysctl.get('dev.double.factor'), undefined);
});

test('an instance may be the only one; the module is then not loaded under its own name', async () => {
  await using kernel = new Kernel();
  await kernel.load(Meter, undefined, { as: 'double' });
  assert.equal(kernel.has(Meter), false);
  assert.throws(() => kernel.get(Meter), refused('ENOENT', /meter/));
  await kernel.load(Meter, undefined, { as: 'double' });
  assert.equal(kernel.modules()[0]!.refs, 2);
});

test('a name belongs to one module', async () => {
  await using kernel = new Kernel();
  const other = defineModule({ name: 'other' });
  await kernel.load(other);
  await assert.rejects(
    kernel.load(Meter, undefined, { as: 'other' }),
    refused('EEXIST', /another module named other/),
  );
  await assert.rejects(
    kernel.load(Meter, undefined, { as: 'No Name' }),
    refused('EMODULE', /"No Name" is no module name/),
  );
  using _worker = kernel.isolations.register('worker', {
    standIn: async () => Meter,
    renew: async () => Meter,
  });
  await assert.rejects(
    kernel.load(Meter, undefined, { as: 'away', isolate: 'worker' }),
    refused('EOPNOTSUPP', /^away: .* leave out as$/),
  );
});

test('a module depends on an instance by its name, and has it injected by its class', async () => {
  await using kernel = new Kernel();
  await kernel.load(Meter);
  await kernel.load(Meter, undefined, { as: 'double' });
  const display = defineModule({ name: 'display', depends: ['double'], state: () => 0 });

  @Module({ name: 'panel', depends: ['double'] })
  class Panel {
    constructor(@inject(Meter) readonly meter: Meter) {}
  }
  await kernel.load(display);
  assert.equal((await kernel.load(Panel)).meter, kernel.get(Meter, 'double'));
  await assert.rejects(kernel.unload('double'), refused('EBUSY', /double is in use by display, panel/));
  await kernel.unload('meter');
});

test('a reload replaces one instance, with its settings and dependents', async () => {
  await using kernel = new Kernel();
  await kernel.load(Meter);
  await kernel.load(Meter, { factor: 2 }, { as: 'double' });

  @Module({ name: 'meter', settings: v.object({ factor: v.number() }) })
  class NewMeter extends Meter {
    readonly isNew = true;
  }
  assert.equal((await kernel.reload(NewMeter, { as: 'double' })).name, 'double');
  kernel.eventhandler.invoke('instance_test', 5);
  const double = kernel.get(Meter, 'double');
  assert.ok(double instanceof NewMeter);
  assert.equal(double.sum, 10);
  assert.ok(!(kernel.get(Meter) instanceof NewMeter));
});

test('an instance of a defined module, and one that follows its dependency', async () => {
  await using kernel = new Kernel();
  const gauge = defineModule({
    name: 'gauge',
    settings: v.object({ n: v.number() }),
    inject: { meter: Meter },
    follows: true,
    state: ({ settings }) => settings.n,
    on: { instance_test: () => {} },
  });
  await kernel.load(Meter);
  await kernel.load(gauge, { n: 1 });
  await kernel.load(gauge, { n: 2 }, { as: 'second' });
  await kernel.unload('meter');
  assert.deepEqual(kernel.modules(), []);
  await kernel.load(Meter);
  assert.deepEqual([kernel.get(gauge).state, kernel.get(gauge, 'second').state], [1, 2]);
  const [list] = kernel.eventhandler.lists().filter(({ name }) => name === 'instance_test');
  assert.deepEqual(list!.entries.map(({ handler }) => handler).toSorted(), [
    'gauge.instance_test',
    'meter.onTest',
    'second.instance_test',
  ]);
});
