import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as v from 'valibot';
import {
  defineModule,
  EventHandler,
  inject,
  injectable,
  Kernel,
  KldError,
  Log,
  Module,
  type ModuleClass,
  Scope,
  SETTINGS,
  VirtualClock,
} from '../../../core/index.js';
import { gated, turn } from '../../support/gate.js';

declare module 'carpet-kernel' {
  interface EventHandlers {
    loader_test_event(n: number): void;
  }
}

const refused =
  (code: string, text: RegExp) =>
  (error: unknown): boolean => {
    assert.ok(error instanceof KldError, String(error));
    assert.equal(error.code, code);
    assert.match(error.message, text);
    return true;
  };

@Module({ name: 'base' })
class Base {
  readonly seen: number[] = [];

  @EventHandler('loader_test_event')
  onEvent(n: number): void {
    this.seen.push(n);
  }
}

@Module({ name: 'user', depends: [Base] })
class User {
  constructor(
    @inject(Base) readonly base: Base,
    @inject(Log) readonly log: Log,
    @inject(Scope) readonly scope: Scope,
  ) {}
}

test('dependencies are loaded first, injected, and unloaded with their last user', async () => {
  await using kernel = new Kernel();
  const order: string[] = [];
  kernel.eventhandler.register('kld_load', (file) => order.push(`load ${file.name}`));
  kernel.eventhandler.register('kld_unload', (name) => order.push(`unload ${name}`));
  const user = await kernel.load(User);
  assert.equal(user.base, kernel.get(Base));
  assert.equal(user.log.module, 'user');
  assert.deepEqual(
    kernel.modules().map(({ name, refs, usedBy }) => ({ name, refs, usedBy })),
    [
      { name: 'base', refs: 1, usedBy: ['user'] },
      { name: 'user', refs: 1, usedBy: [] },
    ],
  );
  await kernel.unload('user');
  assert.deepEqual(order, ['load base', 'load user', 'unload user', 'unload base']);
  assert.deepEqual(kernel.modules(), []);
});

test('a module that is released stays for those that depend on it, and goes with the last', async () => {
  await using kernel = new Kernel();
  await kernel.load(Base);
  await kernel.load(User);
  await assert.rejects(kernel.unload(Base), refused('EBUSY', /in use by user/));
  await kernel.release(Base);
  assert.deepEqual(
    kernel.modules().map(({ name, refs }) => ({ name, refs })),
    [
      { name: 'base', refs: 1 },
      { name: 'user', refs: 1 },
    ],
  );
  await assert.rejects(kernel.release(Base), refused('EBUSY', /in use by user/));
  await kernel.release('user');
  assert.deepEqual(kernel.modules(), []);
  await assert.rejects(kernel.release('user'), refused('ENOENT', /user/));
});

test('a dependency that was also loaded by name stays', async () => {
  await using kernel = new Kernel();
  await kernel.load(Base);
  await kernel.load(User);
  await kernel.unload(User);
  assert.deepEqual(
    kernel.modules().map(({ name }) => name),
    ['base'],
  );
});

test('a module loaded twice is unloaded by the second unload', async () => {
  await using kernel = new Kernel();
  assert.equal(await kernel.load(Base), await kernel.load(Base));
  await kernel.unload('base');
  assert.equal(kernel.modules()[0]?.refs, 1);
  await kernel.unload('base');
  await assert.rejects(kernel.unload('base'), refused('ENOENT', /base/));
});

test('a module in use refuses to unload and says who uses it', async () => {
  await using kernel = new Kernel();
  await kernel.load(Base);
  await kernel.load(User);
  await assert.rejects(kernel.unload('base'), refused('EBUSY', /base is in use by user/));
});

test('handlers are bound while loaded and not after', async () => {
  await using kernel = new Kernel();
  const base = await kernel.load(Base);
  kernel.eventhandler.invoke('loader_test_event', 1);
  await kernel.unload(Base);
  kernel.eventhandler.invoke('loader_test_event', 2);
  assert.deepEqual(base.seen, [1]);
});

test('a veto keeps everything as it was, and kld_unload_abort tells those that were asked', async () => {
  await using kernel = new Kernel();
  const base = await kernel.load(Base);
  const aborted: string[] = [];
  const tag = kernel.eventhandler.register('kld_unload_try', (file, veto) =>
    veto.veto(`${file.name} is needed`),
  );
  kernel.eventhandler.register('kld_unload_abort', (file, reason) => aborted.push(`${file.name}: ${reason}`));
  await assert.rejects(kernel.unload('base'), refused('EBUSY', /base stays loaded: base is needed/));
  assert.deepEqual(aborted, ['base: base is needed']);
  kernel.eventhandler.invoke('loader_test_event', 7);
  assert.deepEqual(base.seen, [7]);
  await kernel.eventhandler.deregister('kld_unload_try', tag);
  await kernel.unload('base');
});

test('quiesce may refuse too', async () => {
  @Module({ name: 'busy' })
  class Busy {
    quiesce(): string {
      return 'a transfer is under way';
    }
  }
  const kernel = new Kernel();
  await kernel.load(Busy);
  await assert.rejects(kernel.unload('busy'), refused('EBUSY', /a transfer is under way/));
  await kernel.shutdown();
  assert.deepEqual(kernel.modules(), []);
});

test('circles and missing dependencies are named', async () => {
  @Module({ name: 'a', depends: [() => B] })
  class A {}
  @Module({ name: 'b', depends: [A] })
  class B {}
  @Module({ name: 'c', depends: ['nowhere'] })
  class C {}
  @Module({ name: 'd', depends: [undefined as never] })
  class D {}
  await using kernel = new Kernel();
  await assert.rejects(kernel.load(A), refused('ELOOP', /a -> b -> a/));
  await assert.rejects(kernel.load(C), refused('EDEPEND', /c depends on nowhere/));
  await assert.rejects(kernel.load(D), refused('EDEPEND', /d depends on something that is no module/));
  assert.deepEqual(kernel.modules(), []);
});

test('an injected module must be named in depends, and every parameter must be named', async () => {
  @Module({ name: 'sneaky' })
  class Sneaky {
    constructor(@inject(Base) readonly base: Base) {}
  }
  @Module({ name: 'bare' })
  class Bare {
    constructor(readonly base: Base) {}
  }
  @injectable()
  class Helper {
    constructor(@inject(Base) readonly base: Base) {}
  }
  @injectable()
  class Deeper {
    constructor(@inject(Helper) readonly helper: Helper) {}
  }
  @Module({ name: 'indirect' })
  class Indirect {
    constructor(@inject(Deeper) readonly deeper: Deeper) {}
  }
  @Module({ name: 'direct', depends: [Base] })
  class Direct {
    constructor(@inject(Deeper) readonly deeper: Deeper) {}
  }
  await using kernel = new Kernel();
  await assert.rejects(kernel.load(Sneaky), refused('EDEPEND', /sneaky injects base but does not name it/));
  await assert.rejects(
    kernel.load(Indirect),
    refused('EDEPEND', /indirect injects Helper, which injects base, .*: add Base to depends/),
  );
  assert.equal((await kernel.load(Direct)).deeper.helper.base, kernel.get(Base));
  await assert.rejects(
    kernel.load(Bare),
    refused('EDEPEND', /parameter 1 of Bare's constructor needs @inject/),
  );
});

test('settings are checked, with defaults filled in and the offending path named', async () => {
  @Module({
    name: 'tuned',
    settings: v.object({
      interval: v.optional(v.number('expected a number of seconds'), 5),
      peers: v.optional(v.array(v.object({ port: v.number('expected a port') })), []),
    }),
  })
  class Tuned {
    constructor(@inject(SETTINGS) readonly settings: { interval: number }) {}
  }
  await using kernel = new Kernel();
  await assert.rejects(
    kernel.load(Tuned, { interval: 'x', peers: [{ port: 1 }, { port: 'y' }] }),
    refused(
      'ESETTINGS',
      /tuned: settings\.interval: expected a number of seconds; settings\.peers\[1\]\.port: expected a port/,
    ),
  );
  await assert.rejects(kernel.load(Base, {}), refused('ESETTINGS', /base takes no settings/));
  assert.equal((await kernel.load(Tuned)).settings.interval, 5);
  await assert.rejects(kernel.load(Tuned, {}), refused('EEXIST', /tuned is loaded already/));
});

test('a start that throws leaves nothing behind, nor dependencies loaded for it', async () => {
  @Module({ name: 'broken', depends: [Base] })
  class Broken {
    constructor(@inject(Scope) readonly scope: Scope) {}

    async start(): Promise<void> {
      this.scope.sysctl.int('kern.broken', { description: '', value: 1 });
      this.scope.register('loader_test_event', () => assert.fail('must be gone'));
      this.scope.callout('x', () => assert.fail('must be gone')).reset(1);
      await Promise.resolve();
      throw new Error('no luck');
    }
  }
  await using kernel = new Kernel();
  await assert.rejects(kernel.load(Broken), /no luck/);
  assert.deepEqual(kernel.modules(), []);
  assert.equal(kernel.sysctl.get('kern.broken'), undefined);
  assert.equal(kernel.clock.armed, 0);
  kernel.eventhandler.invoke('loader_test_event', 1);
});

test('a failed load is told when all that it held has been given back', async () => {
  let isGivenBack = false;
  @Module({ name: 'broken' })
  class Broken {
    constructor(@inject(Scope) scope: Scope) {
      scope.defer(async () => {
        await new Promise((resolve) => setImmediate(resolve));
        isGivenBack = true;
      });
      throw new Error('no luck');
    }
  }
  await using kernel = new Kernel();
  await assert.rejects(kernel.load(Broken), /no luck/);
  assert.ok(isGivenBack);
});

test('unloading awaits running handlers, then stop, then gives back in reverse order', async () => {
  const seen: string[] = [];
  let release = (): void => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  @Module({ name: 'orderly' })
  class Orderly {
    constructor(@inject(Scope) private readonly scope: Scope) {}

    start(): void {
      this.scope.defer(() => void seen.push('first'));
      this.scope.child('part').defer(() => void seen.push('part'));
      this.scope.defer(() => void seen.push('last'));
    }

    @EventHandler('loader_test_event')
    async onEvent(n: number): Promise<void> {
      seen.push(`running ${n}`);
      await held;
      seen.push('ran');
    }

    async stop(): Promise<void> {
      await turn();
      seen.push('stop');
    }
  }
  const kernel = new Kernel();
  await kernel.load(Orderly);
  kernel.eventhandler.invoke('loader_test_event', 1);
  const unloading = kernel.unload('orderly');
  await new Promise((resolve) => setImmediate(resolve));
  kernel.eventhandler.invoke('loader_test_event', 2);
  release();
  await unloading;
  assert.deepEqual(seen, ['running 1', 'ran', 'stop', 'last', 'part', 'first']);
});

test('handlers of a class are called when it has started, and how long that took is told', async () => {
  const clock = new VirtualClock();
  const kernel = new Kernel({ clock });
  await clock.advance(500);
  const { open, gate } = gated();
  @Module({ name: 'slow' })
  class Slow extends Base {
    start(): Promise<void> {
      return gate;
    }
  }
  const loading = kernel.load(Slow);
  await turn();
  kernel.eventhandler.invoke('loader_test_event', 1);
  await clock.advance(40);
  open();
  const { seen } = await loading;
  kernel.eventhandler.invoke('loader_test_event', 2);
  assert.deepEqual(seen, [2]);
  assert.equal(kernel.inspect().modules[0]!.loadMs, 40);
});

test('what cannot be built is refused before its settings are looked at', async () => {
  const settings = {
    '~standard': { version: 1, vendor: 'test', validate: () => assert.fail('not called') },
  } as const;
  @Module({ name: 'sneaky', settings })
  class Sneaky {
    constructor(@inject(Base) readonly base: Base) {}
  }
  await using kernel = new Kernel();
  await assert.rejects(kernel.load(Sneaky), refused('EDEPEND', /sneaky injects base/));
});

test('dependencies in many layers, each on all of the layer below, are looked at once each', async () => {
  let below: ModuleClass[] = [];
  for (let layer = 0; layer < 40; layer++) {
    const depends = below;
    below = ['a', 'b'].map((side) => defineModule({ name: `${side}-${layer}`, depends }));
  }
  await using kernel = new Kernel();
  await kernel.load(below[0]!);
  assert.equal(kernel.modules().length, 79);
});

test('loads that overlap build one instance', async () => {
  let built = 0;
  @Module({ name: 'slow' })
  class Slow {
    async start(): Promise<void> {
      built++;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
  await using kernel = new Kernel();
  const [a, b] = await Promise.all([kernel.load(Slow), kernel.load(Slow)]);
  assert.equal(a, b);
  assert.equal(built, 1);
  assert.equal(kernel.modules()[0]?.refs, 2);
});

test('two kernels share nothing', async () => {
  await using one = new Kernel({ name: 'one' });
  await using two = new Kernel({ name: 'two' });
  assert.notEqual(await one.load(Base), await two.load(Base));
  one.eventhandler.invoke('loader_test_event', 1);
  assert.deepEqual(two.get(Base).seen, []);
});

test('a module that inherits its constructor gets what that injects, and must depend on it too', async () => {
  @Module({ name: 'heir', depends: [Base] })
  class Heir extends User {}
  @Module({ name: 'careless-heir' })
  class CarelessHeir extends User {}
  class BaseLast {
    constructor(
      @inject(Log) readonly log: Log,
      @inject(Base) readonly base: Base,
    ) {}
  }
  @Module({ name: 'careless-at-last' })
  class CarelessAtLast extends BaseLast {}
  await using kernel = new Kernel();
  const heir = await kernel.load(Heir);
  assert.equal(heir.base, kernel.get(Base));
  assert.equal(heir.log.module, 'heir');
  await assert.rejects(kernel.load(CarelessHeir), refused('EDEPEND', /careless-heir injects base/));
  await assert.rejects(kernel.load(CarelessAtLast), refused('EDEPEND', /careless-at-last injects base/));
});

test('what is handed to a closed scope is given back at once', async () => {
  await using kernel = new Kernel();
  const { scope } = await kernel.load(User);
  await kernel.unload(User);
  let disposed = 0;
  assert.throws(() => scope.own({ [Symbol.dispose]: () => void disposed++ }), /being unloaded/);
  assert.throws(() => scope.sysctl.counter('late.counter', ''), /being unloaded/);
  assert.equal(disposed, 1);
  assert.equal(kernel.sysctl.get('late.counter'), undefined);
});
