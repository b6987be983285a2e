/**
 * Random loads and unloads of modules that depend on each other, with starts that take time or fail and vetoes, all of
 * them overlapping. CARPET_FUZZ_RUNS, CARPET_FUZZ_SEED and CARPET_FUZZ_PATH are as in the eventhandler's model test.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { inject, Kernel, Module, type ModuleClass, Scope } from '../../../core/index.js';

const { CARPET_FUZZ_RUNS, CARPET_FUZZ_SEED, CARPET_FUZZ_PATH } = process.env;

interface Plan {
  /** For each module, which of those before it it depends on, as bits. */
  readonly depends: readonly number[];
  readonly steps: readonly Step[];
}

interface Step {
  readonly op: 'load' | 'unload';
  readonly module: number;
  /** Turns of the event loop until the next step. */
  readonly pause: number;
  /** Turns that a start takes; and whether it then fails, or the unload is vetoed. */
  readonly takes: number;
  readonly refuses: boolean;
}

const step: fc.Arbitrary<Step> = fc.record({
  op: fc.constantFrom('load', 'load', 'unload'),
  module: fc.nat(4),
  pause: fc.constantFrom(0, 0, 1, 3),
  takes: fc.nat(3),
  refuses: fc.integer({ min: 0, max: 5 }).map((n) => n === 0),
});

const plans: fc.Arbitrary<Plan> = fc.record({
  depends: fc.array(fc.nat(15), { minLength: 5, maxLength: 5 }),
  steps: fc.array(step, { minLength: 1, maxLength: 14 }),
});

async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve));
}

/** What the modules of a plan notice of each other. Starts and vetoes behave as the latest step says. */
class World {
  readonly kernel = new Kernel();
  readonly alive = new Set<number>();
  readonly open = new Set<number>();
  readonly modules: ModuleClass[] = [];
  readonly dependencies: number[][];
  now: Step | undefined;

  constructor({ depends }: Plan) {
    this.dependencies = depends.map((bits, module) =>
      Array.from({ length: module }, (_, i) => i).filter((i) => bits & (1 << i)),
    );
    for (const module of depends.keys()) this.modules.push(makeModule(this, module));
    this.kernel.eventhandler.register('kld_unload_try', (file, veto) => {
      if (this.now?.refuses && file.name === `m${this.now.module}`) veto.veto('not now');
    });
  }

  seesDependencies(module: number): void {
    for (const dependency of this.dependencies[module]!) {
      assert.ok(this.alive.has(dependency), `m${module} starts without m${dependency}`);
    }
  }
}

function makeModule(world: World, module: number): ModuleClass {
  const dependencies = world.dependencies[module]!;
  @Module({ name: `m${module}`, depends: dependencies.map((i) => world.modules[i]!) })
  class Made {
    constructor(@inject(Scope) scope: Scope) {
      world.open.add(module);
      scope.defer(() => void world.open.delete(module));
    }

    async start(): Promise<void> {
      world.seesDependencies(module);
      const { takes, refuses, module: meant } = world.now!;
      await turns(takes);
      if (refuses && meant === module) throw new Error('asked to fail');
      world.seesDependencies(module);
      assert.ok(!world.alive.has(module), `m${module} is started twice`);
      world.alive.add(module);
    }

    stop(): void {
      assert.ok(world.alive.delete(module), `m${module} is stopped twice`);
      for (const user of world.alive) {
        assert.ok(!world.dependencies[user]!.includes(module), `m${module} is stopped before m${user}`);
      }
    }
  }
  return Made;
}

/** @returns what was loaded by name and not unloaded since, by module */
async function run(world: World, { steps }: Plan): Promise<number[]> {
  const userrefs = world.modules.map(() => 0);
  const under: Promise<void>[] = [];
  const expected = /asked to fail|in use by|stays loaded: not now|no module|as a dependency only/;
  const refused = (error: Error): void => assert.match(error.message, expected);
  for (const next of steps) {
    world.now = next;
    const { op, module } = next;
    under.push(
      op === 'load'
        ? world.kernel.load(world.modules[module]!).then(() => void userrefs[module]!++, refused)
        : world.kernel.unload(`m${module}`).then(() => void userrefs[module]!--, refused),
    );
    await turns(next.pause);
  }
  await Promise.all(under);
  return userrefs;
}

async function hold(plan: Plan): Promise<void> {
  const world = new World(plan);
  const { kernel, dependencies } = world;
  const userrefs = await run(world, plan);
  const wanted = new Set<number>();
  const want = (module: number): void => {
    wanted.add(module);
    dependencies[module]!.forEach(want);
  };
  for (const [module, count] of userrefs.entries()) if (count > 0) want(module);
  const names = [...wanted].map((module) => `m${module}`).toSorted();
  assert.deepEqual(
    kernel
      .modules()
      .map(({ name }) => name)
      .toSorted(),
    names,
  );
  assert.deepEqual(
    kernel.modules().map(({ refs, usedBy, name }) => [name, refs - usedBy.length]),
    kernel.modules().map(({ name }) => [name, userrefs[Number(name.slice(1))]]),
  );
  assert.deepEqual(world.alive, wanted);
  assert.deepEqual(world.open, wanted);
  assert.equal(kernel.clock.armed, 0);
  await kernel.shutdown();
  assert.deepEqual([...world.alive, ...world.open, ...kernel.modules()], []);
}

test('whatever is loaded and unloaded at once, what was asked for is there and nothing else', async () => {
  await fc.assert(fc.asyncProperty(plans, hold), {
    numRuns: Number(CARPET_FUZZ_RUNS ?? 1000),
    ...(CARPET_FUZZ_SEED === undefined ? {} : { seed: Number(CARPET_FUZZ_SEED) }),
    ...(CARPET_FUZZ_PATH === undefined ? {} : { path: CARPET_FUZZ_PATH }),
  });
});
