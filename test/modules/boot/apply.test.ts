/** From what runs to what the file says, whole or not at all. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as v from 'valibot';
import { inject, Module, type ModuleLifecycle, Scope, SETTINGS } from '../../../core/index.js';
import { formatChanges, importerFor, type ModuleRegistry } from '../../../modules/boot/index.js';
import { PACKAGE } from '../../support/module-folder.js';
import { Booted } from './support/booted.js';
import { Bare, Gauge, REGISTRY, Stiff } from './support/modules.js';

/** Has sysctls; `fail` makes its start fail. */
@Module({ name: 'valve', settings: v.strictObject({ fail: v.optional(v.boolean(), false) }) })
class Valve implements ModuleLifecycle {
  constructor(
    @inject(Scope) scope: Scope,
    @inject(SETTINGS) private readonly settings: { fail: boolean },
  ) {
    scope.sysctl.int('valve.open', { description: 'how far', value: 5, min: 0, max: 10 });
    scope.sysctl.int('valve.sum', {
      description: 'a sum',
      value: 0,
      set: (written, old) => old + written,
      cumulative: true,
    });
    scope.sysctl.counter('valve.count', 'a counter');
  }

  start(): void {
    if (this.settings.fail) throw new Error('stuck');
  }

  reconfigure({ fail }: { fail: boolean }): void {
    if (fail) throw new Error('stuck while open');
  }
}

/** Wants what the valve has. */
@Module({ name: 'rival' })
class Rival {
  constructor(@inject(Scope) scope: Scope) {
    scope.sysctl.int('valve.open', { description: 'how far', value: 1 });
  }
}

@Module({ name: 'user', depends: [Stiff] })
class User {}

const registry: ModuleRegistry = {
  ...REGISTRY,
  valve: { summary: 'A valve.', load: async () => Valve },
  rival: { summary: 'A rival.', load: async () => Rival },
  user: { summary: 'Uses stiff.', load: async () => User },
};

const text = (booted: Booted, changes: Parameters<typeof formatChanges>[0]): string[] =>
  formatChanges(changes).replaceAll(booted.folder.path, '').split('\n');

test('modules come, change in place, are loaded anew with what depends on them, and go', async () => {
  await using booted = await Booted.from('modules:\n  user:\n  gauge: {level: 1}\n', registry);
  assert.deepEqual(booted.modules(), ['bare', 'stiff', 'user', 'gauge']);
  const gauge = booted.kernel.get(Gauge);
  const { changes } = await booted.apply(
    'modules:\n  stiff: {x: 1}\n  user:\n  gauge: {level: 2}\n  valve:\n',
  );
  assert.deepEqual(text(booted, changes), [
    '! reload stiff',
    '    x default -> 1',
    '! reload user',
    '    because stiff, which it depends on, is loaded anew',
    '~ reconfigure gauge',
    '    level 1 -> 2',
    '+ load valve',
  ]);
  assert.deepEqual(booted.loads(), ['load valve', 'unload user', 'unload stiff', 'load stiff', 'load user']);
  assert.equal(booted.kernel.get(Gauge), gauge);
  assert.equal(gauge.settings.level, 2);
  assert.deepEqual(booted.kernel.get(Stiff).settings, { x: 1 });
  await booted.apply('modules:\n  gauge:\n');
  assert.deepEqual(booted.loads(), ['unload user', 'unload stiff', 'unload valve', 'unload bare']);
  assert.equal(gauge.settings.level, 0);
  assert.deepEqual((await booted.module.diff()).changes, []);
  const nothing = await booted.module.apply();
  assert.deepEqual(nothing.changes, []);
});

test('sysctls are set, follow their module, and have their default again when the file lets go of them', async () => {
  const file = 'sysctl: {valve.open: 7, valve.sum: 3, kern.shutdown.timeout: 5000}\nmodules:\n  valve:\n';
  await using booted = await Booted.from(file, registry);
  assert.deepEqual(
    ['valve.open', 'valve.sum', 'kern.shutdown.timeout'].map((n) => booted.sysctl(n)),
    [7, 3, 5000],
  );
  booted.kernel.sysctl.set('valve.sum', 100);
  booted.kernel.sysctl.set('valve.open', 9);
  const { changes } = await booted.apply('sysctl: {valve.open: "8", valve.sum: 5}\nmodules:\n  valve:\n');
  assert.deepEqual(text(booted, changes), [
    '~ set kern.shutdown.timeout',
    '    5000 -> 10000',
    '~ set valve.open',
    '    9 -> 8',
    '~ set valve.sum',
    '    3 -> 5',
  ]);
  assert.deepEqual(
    ['valve.open', 'valve.sum', 'kern.shutdown.timeout'].map((n) => booted.sysctl(n)),
    [8, 105, 10_000],
  );
  await booted.apply('modules:\n  valve:\n');
  assert.deepEqual([booted.sysctl('valve.open'), booted.sysctl('valve.sum')], [5, 100]);
});

test('what was set by hand is so again after a change that is not confirmed; a confirmed one ends it', async () => {
  const valve = 'modules:\n  valve:\n';
  const file = `sysctl: {valve.open: 7}\n${valve}`;
  await using booted = await Booted.from(file, registry);
  const both = (): unknown[] => ['valve.open', 'kern.shutdown.timeout'].map((n) => booted.sysctl(n));
  booted.kernel.sysctl.set('valve.open', 9);
  booted.kernel.sysctl.set('kern.shutdown.timeout', 4000);
  const sets = `sysctl: {valve.open: 8, kern.shutdown.timeout: 5000}\n${valve}`;
  const undone = async (): Promise<void> => void (await booted.module.undo());
  const expired = async (): Promise<void> => {
    booted.clock.advanceSync(30_000);
    await booted.module.diff();
  };
  for (const next of [sets, 'sysctl: {kern.shutdown.timeout: 5000}\n', valve])
    for (const end of [undone, expired]) {
      await booted.apply(next, 30_000);
      await end();
      assert.deepEqual(both(), [9, 4000], next);
    }
  await booted.apply(sets, 30_000);
  booted.kernel.sysctl.set('valve.sum', 100);
  await booted.module.confirm();
  await booted.module.undo();
  assert.deepEqual([...both(), booted.sysctl('valve.sum')], [7, 10_000, 100]);
});

test('what was set by hand is so again after an apply that fails, also in a module that was loaded anew', async () => {
  await using booted = await Booted.from('sysctl: {valve.open: 7}\nmodules:\n  valve:\n', registry);
  booted.kernel.sysctl.set('valve.open', 9);
  assert.match(
    await booted.refused('sysctl: {gauge.x: 1}\nmodules:\n  rival:\n'),
    /^cannot set the sysctls: .* \(everything is as before\)$/,
  );
  assert.ok(booted.loads().includes('unload valve'));
  assert.equal(booted.sysctl('valve.open'), 9);
});

test('a sysctl that nobody has, or a value that does not fit, is shown at its place, and nothing changes', async () => {
  await using booted = await Booted.from('modules:\n  valve:\n', registry);
  const cases: [string, string][] = [
    [
      'sysctl:\n  valve.opne: 1\nmodules:\n  valve:\n',
      'carpet.yaml:2:3: sysctl.valve.opne: no module of this kernel has such a sysctl; did you mean valve.open?',
    ],
    [
      'sysctl:\n  valve.open: 11\nmodules:\n  valve:\n',
      'carpet.yaml:2:3: sysctl.valve.open: 11 is not within 0 to 10',
    ],
    [
      'sysctl:\n  valve.open: far\nmodules:\n  valve:\n',
      'carpet.yaml:2:3: sysctl.valve.open: "far" is not a whole number',
    ],
    ['sysctl:\n  valve.count: 1\nmodules:\n  valve:\n', 'carpet.yaml:2:3: sysctl.valve.count: is read-only'],
  ];
  for (const [file, message] of cases) assert.equal(await booted.refused(file), message);
  const late = await booted.refused('sysctl:\n  gauge.x: 1\nmodules:\n  valve:\n  gauge:\n');
  assert.match(
    late,
    /^cannot set the sysctls: carpet\.yaml:2:3: sysctl\.gauge\.x: no module .* \(everything is as before\)$/,
  );
  assert.deepEqual(booted.modules(), ['valve']);
});

test('a step that fails puts back what was there', async () => {
  const before =
    'sysctl: {valve.open: 7, valve.sum: 3}\nmodules:\n  valve:\n  user:\n  stiff: {x: 1}\n  gauge: {level: 1}\n';
  await using booted = await Booted.from(before, registry);
  const after =
    'sysctl: {valve.open: 2}\nmodules:\n  bare:\n  stiff: {x: 2}\n  user:\n  gauge: {level: 3}\n  valve: {fail: true}\n';
  const message = await booted.refused(after);
  assert.equal(message, 'cannot reconfigure valve: stuck while open (everything is as before)');
  const there = booted.modules().toSorted();
  assert.deepEqual(there, ['bare', 'gauge', 'stiff', 'user', 'valve']);
  assert.deepEqual([booted.sysctl('valve.open'), booted.sysctl('valve.sum')], [7, 3]);
  assert.equal(booted.kernel.get(Gauge).settings.level, 1);
  booted.folder.write('carpet.yaml', before);
  assert.deepEqual((await booted.module.diff()).changes, []);
});

test('a fault at any step of a change leaves the state of before', async () => {
  const before =
    'log: {level: info}\nsysctl: {valve.open: 7, valve.sum: 3}\nmodules:\n  valve:\n  stiff: {x: 1}\n  user:\n  gauge: {level: 1}\n  spare:\n';
  const after =
    'log: {level: debug}\nsysctl: {valve.open: 2, kern.shutdown.timeout: 1}\nmodules:\n  rest:\n  valve:\n  stiff: {x: 2}\n  user:\n  gauge: {level: 3}\n';

  @Module({ name: 'rest' })
  class Rest {}

  @Module({ name: 'spare' })
  class Spare {}

  const all = {
    ...registry,
    rest: { summary: 'Rests.', load: async () => Rest },
    spare: { summary: 'Goes.', load: async () => Spare },
  };
  let faults = 0;
  for (let nth = 1; ; nth++) {
    await using booted = await Booted.from(before, all);
    const { kernel } = booted;
    const snapshot = (): unknown => ({
      modules: booted.modules().toSorted(),
      sysctl: kernel.sysctl.list().map(({ name, value }) => [name, value]),
      gauge: kernel.get(Gauge).settings,
      stiff: kernel.get(Stiff).settings,
      log: booted.logSettings.at(-1),
      callouts: booted.clock.armed,
    });
    const was = snapshot();
    let left = nth;
    const fault = (): void => {
      if (--left === 0) throw new Error('injected');
    };
    for (const name of ['load', 'unload', 'release', 'reconfigure'] as const) {
      const real = kernel[name].bind(kernel) as (...args: unknown[]) => Promise<object>;
      Object.assign(kernel, {
        [name]: async (...args: unknown[]) => {
          fault();
          return real(...args);
        },
      });
    }
    kernel.sysctl.get('valve.open')!.onChange(fault);
    kernel.sysctl.get('kern.shutdown.timeout')!.onChange(fault);
    const result = await booted.apply(after).then(
      () => 'applied',
      (error: Error) => error.message,
    );
    if (result === 'applied') break;
    faults++;
    assert.match(result, /injected \(everything is as before\)$/);
    assert.deepEqual(snapshot(), was, `fault ${nth}: ${result}`);
  }
  assert.ok(faults >= 9, `${faults} faults`);
});

test('something new may want what something that goes holds', async () => {
  await using booted = await Booted.from('modules:\n  valve:\n', registry);
  await booted.apply('modules:\n  rival:\n');
  assert.deepEqual(booted.loads(), ['unload valve', 'load rival']);
  assert.equal(booted.sysctl('valve.open'), 1);
});

test('a kernel that cannot be brought up has nothing of it', async () => {
  await using booted = new Booted(registry);
  await assert.rejects(booted.start('modules:\n  gauge:\n  valve: {fail: true}\n'), {
    code: 'EAPPLY',
    message: 'cannot load valve: its start failed: stuck (everything is as before)',
  });
  assert.deepEqual(booted.kernel.modules(), []);
});

test('what was done by hand: modules of others stay, ours come back, and what is in use is refused', async () => {
  await using booted = await Booted.from('modules:\n  stiff: {x: 1}\n  gauge:\n', registry);
  const { kernel } = booted;
  await kernel.load(Rival);
  await kernel.unload('gauge');
  await booted.module.apply();
  assert.deepEqual(booted.modules().toSorted(), ['bare', 'gauge', 'rival', 'stiff']);
  await kernel.load(User);
  assert.equal(
    await booted.refused('modules:\n  stiff: {x: 2}\n  gauge:\n'),
    'carpet.yaml:2:3: modules.stiff: is in use by user, which is not of this file: unload it first',
  );
  await kernel.unload(User);
  await kernel.load(Stiff);
  assert.equal(
    await booted.refused('modules:\n  stiff: {x: 2}\n  gauge:\n'),
    'carpet.yaml:2:3: modules.stiff: must be loaded anew, but has been loaded by hand too: unload it first',
  );
  await kernel.unload(Stiff);
  await booted.apply('modules:\n  stiff: {x: 2}\n  gauge:\n');
  assert.deepEqual(kernel.get(Stiff).settings, { x: 2 });
});

test('a module loaded by hand takes the settings of a file that names it, if it can', async () => {
  await using booted = await Booted.from('', registry);
  await booted.kernel.load(Gauge, { level: 5 });
  await booted.kernel.load(Stiff, { x: 1 });
  await booted.apply('modules:\n  gauge: {level: 6}\n');
  assert.equal(booted.kernel.get(Gauge).settings.level, 6);
  assert.equal(
    await booted.refused('modules:\n  gauge: {level: 6}\n  stiff: {x: 2}\n'),
    'carpet.yaml:3:3: modules.stiff: has been loaded by hand: unload it first',
  );
});

test('a module loaded by hand has its own settings again after an apply that fails', async () => {
  await using booted = await Booted.from('', registry);
  const { kernel } = booted;
  await kernel.load(Gauge, { level: 5, password: 'abc' });
  const refused = (file: string): Promise<string> => booted.refused(`modules:\n  gauge: {level: 6}\n${file}`);
  assert.equal(
    await refused('  valve: {fail: true}\n'),
    'cannot load valve: its start failed: stuck (everything is as before)',
  );
  assert.deepEqual(kernel.get(Gauge).settings, { level: 5, colours: [], door: false, password: 'abc' });
  assert.match(await refused('sysctl: {gauge.x: 1}\n'), /\(everything is as before\)$/);
  assert.equal(kernel.get(Gauge).settings.level, 5);
  await kernel.unload(Gauge);
  assert.deepEqual(booted.modules(), []);
});

test('what somebody changed by hand in a module that can say so is put in line', async () => {
  @Module({ name: 'dial', settings: v.strictObject({ level: v.number() }) })
  class Dial implements ModuleLifecycle {
    constructor(@inject(SETTINGS) public settings: { level: number }) {}
    reconfigure(settings: { level: number }): void {
      this.settings = settings;
    }
    changes({ level }: { level: number }): string[] {
      return level === this.settings.level ? [] : [`level ${this.settings.level} -> ${level}`];
    }
  }
  await using booted = await Booted.from('modules:\n  dial: {level: 1}\n', {
    dial: { summary: 'Dial.', load: async () => Dial },
  });
  const dial = booted.kernel.get(Dial);
  dial.settings = { level: 4 };
  const { changes } = await booted.module.apply();
  assert.deepEqual(text(booted, changes), ['~ reconfigure dial', '    level 4 -> 1']);
  assert.equal(dial.settings.level, 1);
});

test('the first one named before it is bare, and modules that a file brings with one', async () => {
  const brought = { ...registry, gauge: { ...registry['gauge']!, brings: ['bare'] } };
  await using booted = await Booted.from('modules:\n  gauge:\n', brought);
  assert.deepEqual(booted.modules(), ['bare', 'gauge']);
  assert.ok(booted.kernel.get(Bare));
  await booted.apply('');
  assert.deepEqual(booted.modules(), []);
});

test('after a reload by hand the file is compared with what runs, and applied to it', async () => {
  const code = (version: number): string => `import { inject, Module, SETTINGS } from '${PACKAGE}';
export class Bell {
  version = ${version};
  constructor(settings) { this.settings = settings; }
  reconfigure(settings) { this.settings = settings; }
}
inject(SETTINGS)(Bell, undefined, 0);
const validate = (value) => ({ value: value ?? {} });
Module({ name: 'bell', settings: { '~standard': { version: 1, vendor: 'test', validate } } })(Bell);
`;
  const booted = new Booted(REGISTRY, {
    import: (specifier, options) => importer(specifier, options),
  });
  await using _booted = booted;
  const importer = importerFor(booted.folder.main, REGISTRY);
  booted.folder.write('bell.mjs', code(1));
  await booted.start('modules:\n  ./bell.mjs: {tone: 1}\n  gauge:\n');
  booted.folder.write('bell.mjs', code(2));
  assert.equal((await booted.kernel.reload('bell')).changed, true);
  booted.loads();
  assert.deepEqual((await booted.module.diff()).changes, [], 'newer code is no other setting');
  const { changes } = await booted.apply('modules:\n  ./bell.mjs: {tone: 2}\n  gauge: {level: 1}\n');
  assert.deepEqual(text(booted, changes), [
    '~ reconfigure bell',
    '    tone 1 -> 2',
    '~ reconfigure gauge',
    '    level default -> 1',
  ]);
  assert.deepEqual(booted.loads(), [], 'nothing is loaded anew for it');
  await booted.apply('modules:\n  gauge: {level: 1}\n');
  assert.deepEqual(booted.loads(), ['unload bell']);
  assert.deepEqual((await booted.module.diff()).changes, []);
});
