/** Loading and unloading for ever leaves nothing: heap, handles and lists are as before. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EventHandler, inject, Kernel, Log, Module, Scope, Sysctl } from '../../../core/index.js';
import { collectGarbage } from '../../support/garbage.js';

declare module 'carpet-kernel' {
  interface EventHandlers {
    cycle_event(n: number): void;
  }
}

const CYCLES = 10_000;

@Module({ name: 'base' })
class Base {
  readonly ballast = new Uint8Array(4096);

  @EventHandler('cycle_event')
  onCycle(_n: number): void {}
}

@Module({ name: 'top', depends: [Base] })
class Top {
  constructor(
    @inject(Base) readonly base: Base,
    @inject(Scope) private readonly scope: Scope,
    @inject(Log) readonly log: Log,
    @inject(Sysctl) readonly sysctl: Sysctl,
  ) {}

  async start(): Promise<void> {
    this.scope.callout('never', () => {}).reset(3_600_000);
    this.scope.sysctl.int('kern.cycle', { description: 'one of many', value: 1 });
    this.scope.child('part').register('cycle_event', () => {}, this, 5);
    await Promise.resolve();
  }

  @EventHandler('cycle_event', 0)
  async onCycle(_n: number): Promise<void> {
    await Promise.resolve();
  }
}

function heap(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

test(`${CYCLES} loads and unloads leave heap, handles and lists as they were`, async () => {
  const kernel = new Kernel();
  const cycle = async (n: number): Promise<void> => {
    await kernel.load(Top);
    kernel.eventhandler.invoke('cycle_event', n);
    await kernel.unload('top');
  };
  for (let n = 0; n < 500; n++) await cycle(n);
  const lists = kernel.eventhandler.lists();
  const sysctls = kernel.sysctl.list().length;
  const handles = process.getActiveResourcesInfo().toSorted();
  // The engine's own doings move the heap by some hundred kilobytes either way. A leak shows in every round.
  let grown = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 5 && grown > CYCLES * 10; round++) {
    const before = heap();
    for (let n = 0; n < CYCLES; n++) await cycle(n);
    grown = heap() - before;
  }
  assert.deepEqual(kernel.eventhandler.lists(), lists);
  assert.equal(kernel.sysctl.list().length, sysctls);
  assert.deepEqual(process.getActiveResourcesInfo().toSorted(), handles);
  assert.equal(kernel.clock.armed, 0);
  assert.deepEqual(kernel.modules(), []);
  assert.ok(grown <= CYCLES * 10, `every round of ${CYCLES} cycles has left ${grown} bytes or so`);
});
