/** Loads and unloads that overlap, hang, fail half-way, or come too late. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as v from 'valibot';
import {
  defineModule,
  inject,
  Kernel,
  KldError,
  type LogRecord,
  Module,
  type ModuleClass,
  Scope,
  seededRandom,
  VirtualClock,
} from '../../../core/index.js';
import { gated, turn } from '../../support/gate.js';

@Module({ name: 'base' })
class Base {
  alive = false;

  async start(): Promise<void> {
    await turn();
    this.alive = true;
  }

  stop(): void {
    this.alive = false;
  }
}

@Module({ name: 'slow' })
class Slow {
  async start(): Promise<void> {
    for (let i = 0; i < 5; i++) await turn();
  }
}

@Module({ name: 'user', depends: [Base, Slow] })
class User {
  constructor(@inject(Base) readonly base: Base) {}
}

@Module({ name: 'failing', depends: [Base, Slow] })
class Failing {
  start(): void {
    throw new Error('not today');
  }
}

const names = (kernel: Kernel): string[] => kernel.modules().map(({ name }) => name);

test('a dependency that is held already cannot be unloaded while its dependent is still loading', async () => {
  await using kernel = new Kernel();
  await kernel.load(Base);
  const loading = kernel.load(User);
  await assert.rejects(kernel.unload('base'), { code: 'EBUSY', message: /in use by user/ });
  const user = await loading;
  assert.equal(user.base.alive, true);
});

for (const turns of [0, 1, 2, 3, 4, 5, 6]) {
  test(`loads, a failing load and unloads begun ${turns} turns apart leave what was asked for`, async () => {
    const kernel = new Kernel();
    const results = [kernel.load(User), kernel.load(Failing), kernel.load(Base)];
    for (let i = 0; i < turns; i++) await turn();
    const failures = await Promise.allSettled([...results, kernel.load(User), kernel.load(Failing)]);
    assert.deepEqual(
      failures.map(({ status }) => status),
      ['fulfilled', 'rejected', 'fulfilled', 'fulfilled', 'rejected'],
    );
    assert.deepEqual(names(kernel).toSorted(), ['base', 'slow', 'user']);
    assert.equal(kernel.get(Base).alive, true);
    await Promise.all([kernel.unload('user'), kernel.unload('user')]);
    assert.deepEqual(names(kernel), ['base']);
    await kernel.unload('base');
    assert.deepEqual(names(kernel), []);
    assert.equal(kernel.clock.armed, 0);
    await kernel.shutdown();
  });
}

test('a circle is refused before anything is loaded, also when two loads enter it at once', async () => {
  @Module({ name: 'left', depends: [Base, () => Right] })
  class Left {}
  @Module({ name: 'right', depends: [Base, Left] })
  class Right {}
  await using kernel = new Kernel();
  const loaded: string[] = [];
  kernel.eventhandler.register('kld_load', ({ name }) => void loaded.push(name));
  const [left, right] = await Promise.allSettled([kernel.load(Left), kernel.load(Right)]);
  const reason = (result: PromiseSettledResult<unknown>): string =>
    result.status === 'rejected' ? String(result.reason) : 'loaded';
  assert.match(reason(left), /circle: left -> right -> left/);
  assert.match(reason(right), /circle: right -> left -> right/);
  assert.deepEqual(loaded, []);
});

test('a load that waits for itself says so', async () => {
  @Module({ name: 'inner', depends: [() => Outer] })
  class Inner {}
  @Module({ name: 'outer' })
  class Outer {
    constructor(@inject(Kernel) private readonly kernel: Kernel) {}

    async start(): Promise<void> {
      await this.kernel.load(Inner);
    }
  }
  const clock = new VirtualClock();
  const records: LogRecord[] = [];
  const kernel = new Kernel({ clock, log: (record) => records.push(record) });
  void kernel.load(Outer);
  await clock.advance(10_000);
  assert.deepEqual(
    records.map(({ message }) => message),
    ['loading outer still goes on after 10 s', 'loading inner still goes on after 10 s'],
  );
});

test('a handler that awaits the unloading of its own module is warned about by name', async () => {
  const clock = new VirtualClock();
  const records: LogRecord[] = [];
  const kernel = new Kernel({ clock, log: (record) => records.push(record) });
  @Module({ name: 'suicidal' })
  class Suicidal {
    constructor(@inject(Kernel) kernel: Kernel, @inject(Scope) scope: Scope) {
      scope.register('host_test_event', {
        name: 'suicidal.onEvent',
        handler: async () => {
          await turn();
          await kernel.unload('suicidal');
        },
      });
    }
  }
  await kernel.load(Suicidal);
  kernel.eventhandler.invoke('host_test_event');
  await clock.advance(10_000);
  assert.match(
    records.map(({ message }) => message).join('\n'),
    /deregister still waits, after 10000 ms, for suicidal\.onEvent/,
  );
});

test('a quiesce that throws refuses, and the module stays as it was', async () => {
  @Module({ name: 'confused' })
  class Confused {
    quiesce(): string {
      throw new Error('where am I');
    }
  }
  const kernel = new Kernel();
  const aborted: string[] = [];
  kernel.eventhandler.register('kld_unload_abort', (_file, reason) => void aborted.push(reason));
  await kernel.load(Confused);
  await assert.rejects(kernel.unload('confused'), {
    code: 'EBUSY',
    message: 'confused stays loaded: its quiesce failed: where am I',
  });
  assert.deepEqual(aborted, ['its quiesce failed: where am I']);
  assert.equal(kernel.modules()[0]?.state, 'loaded');
  await kernel.shutdown();
});

test('a stop that throws is told to whoever unloads, and nothing stays behind', async () => {
  const undone: string[] = [];
  @Module({ name: 'stubborn', depends: [Base] })
  class Stubborn {
    constructor(@inject(Scope) scope: Scope) {
      scope.defer(() => void undone.push('scope'));
    }

    stop(): void {
      throw new Error('no');
    }
  }
  await using kernel = new Kernel();
  await kernel.load(Stubborn);
  await assert.rejects(kernel.unload('stubborn'), /no/);
  assert.deepEqual(undone, ['scope']);
  assert.deepEqual(names(kernel), []);
});

test('what is being loaded when the kernel goes down is loaded and taken down; nothing is loaded after', async () => {
  const kernel = new Kernel();
  const loading = kernel.load(User);
  const down = kernel.shutdown();
  const user = await loading;
  await down;
  assert.equal(user.base.alive, false);
  assert.deepEqual(names(kernel), []);
  await assert.rejects(kernel.load(Base), (error) => error instanceof KldError && error.code === 'ECLOSED');
});

/** Modules that take 0, 1 and 2 turns to start and to stop. */
function slowModules(): ModuleClass[] {
  return [0, 1, 2].map((turns) => {
    const pass = async (): Promise<void> => {
      for (let i = 0; i < turns; i++) await Promise.resolve();
    };
    @Module({ name: `takes-${turns}` })
    class Takes {
      start = pass;
      stop = pass;
    }
    return Takes;
  });
}

test('loads and unloads in any order, cut short by the shutdown, leave nothing', async () => {
  const modules = slowModules();
  for (let seed = 0; seed < 500; seed++) {
    const random = seededRandom(seed);
    const kernel = new Kernel({ random });
    const under: Promise<unknown>[] = [];
    for (let i = 0; i < 12; i++) {
      const module = modules[random.below(modules.length)]!;
      under.push((random.below(2) === 0 ? kernel.load(module) : kernel.unload(module)).catch(() => {}));
      for (let turns = random.below(6); turns > 0; turns--) await Promise.resolve();
    }
    await Promise.all([kernel.shutdown(), ...under]);
    assert.deepEqual([names(kernel), kernel.clock.armed], [[], 0], `seed ${seed}`);
  }
});

test('a module whose start outlasts the shutdown is taken down when it comes', async () => {
  let proceed = (): void => {};
  const held = new Promise<void>((resolve) => {
    proceed = resolve;
  });
  const undone: string[] = [];
  @Module({ name: 'late' })
  class Late {
    constructor(@inject(Scope) private readonly scope: Scope) {}

    async start(): Promise<void> {
      await held;
      this.scope.defer(() => void undone.push('scope'));
    }
  }
  const clock = new VirtualClock();
  const kernel = new Kernel({ clock });
  const loading = kernel.load(Late);
  const down = kernel.shutdown();
  await clock.advance(60_000);
  await down;
  proceed();
  await assert.rejects(loading, { code: 'ECLOSED' });
  assert.deepEqual(undone, ['scope']);
  assert.deepEqual(names(kernel), []);
});

test('one that does not notice the shutdown is stopped when it has started', async () => {
  const { open, gate } = gated();
  const journal: string[] = [];
  @Module({ name: 'late' })
  class Late {
    start(): Promise<void> {
      return gate;
    }

    async stop(): Promise<void> {
      await turn();
      journal.push('stop');
    }
  }
  const clock = new VirtualClock();
  const kernel = new Kernel({ clock });
  const loading = assert.rejects(kernel.load(Late), {
    code: 'ECLOSED',
    message: 'late is not loaded: the kernel has shut down meanwhile',
  });
  const down = kernel.shutdown();
  await clock.advance(60_000);
  assert.deepEqual(await down, ['late (its start)']);
  open();
  await loading;
  assert.deepEqual(journal, ['stop']);
  assert.deepEqual(names(kernel), []);
});

test('a start that fails is told although what it has begun does not end, and the module is free again', async () => {
  const clock = new VirtualClock();
  const log: string[] = [];
  const kernel = new Kernel({ clock, log: ({ message }) => log.push(message) });
  let isBroken = true;
  const miner = (): ModuleClass =>
    defineModule({
      name: 'miner',
      start({ scope }) {
        if (!isBroken) return;
        void scope.spawn('dig', () => new Promise(() => {}));
        throw new Error('no ground');
      },
    });
  const failure = { code: 'ESTART', message: 'miner: its start failed: no ground' };
  const loading = assert.rejects(kernel.load(miner()), failure);
  await clock.advance(5_000);
  await loading;
  isBroken = false;
  await kernel.load(miner());
  isBroken = true;
  const reloading = assert.rejects(kernel.reload(miner()), failure);
  await clock.advance(5_000);
  await reloading;
  assert.deepEqual(log, Array(2).fill('miner: its start failed, and left its task dig behind'));
  await kernel.unload('miner');
  assert.deepEqual(names(kernel), []);
});

test('a dependency that needs settings says how to give them', async () => {
  @Module({ name: 'tuned', settings: v.object({ port: v.number('expected a port') }) })
  class Tuned {}
  @Module({ name: 'client', depends: [Tuned] })
  class Client {}
  @Module({ name: 'outermost', depends: [Client] })
  class Outermost {}
  await using kernel = new Kernel();
  await assert.rejects(kernel.load(Outermost), {
    code: 'ESETTINGS',
    message: /^tuned: settings\.port: .* \(client depends on tuned: load tuned first, with its settings\)$/,
  });
  await kernel.load(Tuned, { port: 1 });
  await kernel.load(Outermost);
});

test('a scope forgets the handlers that were deregistered on their own', async () => {
  await using kernel = new Kernel();
  let scope: Scope | undefined;
  @Module({ name: 'busy' })
  class Busy {
    constructor(@inject(Scope) mine: Scope) {
      scope = mine;
    }
  }
  await kernel.load(Busy);
  assert.ok(scope);
  const { size } = scope;
  for (let i = 0; i < 100; i++) {
    const tag = scope.register('host_test_event', () => {});
    if (i % 2 === 0) kernel.eventhandler.deregisterNowait('host_test_event', tag);
    else tag[Symbol.dispose]();
  }
  assert.equal(scope.size, size);
});

declare module 'carpet-kernel' {
  interface EventHandlers {
    host_test_event(): void;
  }
}
