import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as v from 'valibot';
import {
  Clock,
  EventHandler,
  inject,
  Kernel,
  Module,
  Scope,
  SETTINGS,
  VirtualClock,
} from '../../core/index.js';
import './eventhandler/events.js';

const Settings = v.object({
  to: v.string(),
  password: v.string(),
  pin: v.number(),
  retries: v.optional(v.number(), 3),
});

@Module({ name: 'pager', settings: Settings, secrets: ['pin'] })
class Pager {
  constructor(
    @inject(Scope) private readonly scope: Scope,
    @inject(Clock) private readonly clock: Clock,
    @inject(SETTINGS) readonly settings: v.InferOutput<typeof Settings>,
  ) {}

  async start(): Promise<void> {
    this.scope.sysctl.int('pager.limit', { description: 'pages an hour', value: 10 });
    this.clock.callout('look around', () => {}).reset(500);
    this.scope
      .child('door')
      .callout('retry', () => {})
      .reset(200);
    await new Promise((resolve) => this.clock.callout('warm up', resolve).reset(40));
  }

  @EventHandler('other_event', 5)
  onOther(): void {}
}

async function loaded() {
  const clock = new VirtualClock();
  const kernel = new Kernel({ name: 'alpha', clock });
  const loading = kernel.load(Pager, { to: 'me', password: 'geheim', pin: 4711 });
  await clock.advance(100);
  await loading;
  return { clock, kernel };
}

test('inspect shows modules with their load time and settings, but no secret', async () => {
  const { clock, kernel } = await loaded();
  const { name, now, time, modules } = kernel.inspect();
  assert.deepEqual([name, now, time], ['alpha', 100, clock.wallTime()]);
  assert.deepEqual(modules, [
    {
      name: 'pager',
      refs: 1,
      state: 'loaded',
      depends: [],
      usedBy: [],
      since: clock.wallTime() - 60,
      loadMs: 40,
      holds: 4,
      settings: { to: 'me', password: '(hidden)', pin: '(hidden)', retries: 3 },
    },
  ]);
});

test('inspect shows lists, callouts with their owners, and sysctls', async () => {
  const { kernel } = await loaded();
  const { lists, callouts, sysctls } = kernel.inspect();
  const list = lists.find(({ name }) => name === 'other_event');
  assert.deepEqual(
    list?.entries.map(({ handler, owner, priority }) => ({ handler, owner, priority })),
    [{ handler: 'pager.onOther', owner: 'pager', priority: 5 }],
  );
  assert.deepEqual(callouts, [
    { name: 'pager/door retry', owner: 'pager/door', deadline: 200 },
    { name: 'look around', owner: 'pager', deadline: 500 },
  ]);
  assert.deepEqual(
    sysctls.find(({ name }) => name === 'pager.limit'),
    {
      name: 'pager.limit',
      kind: 'int',
      value: 10,
      default: 10,
      readonly: false,
      description: 'pages an hour',
    },
  );
});

test('what inspect returns is plain JSON, a snapshot, and nothing of a kernel on the same clock', async () => {
  const { clock, kernel } = await loaded();
  const other = new Kernel({ name: 'beta', clock });
  clock.callout('frame', () => {}).reset(1000);
  const before = kernel.inspect();
  assert.deepEqual(JSON.parse(JSON.stringify(before)), before);
  assert.deepEqual(
    other.inspect().callouts.map((callout) => callout.name),
    ['frame'],
  );
  await kernel.shutdown();
  assert.equal(before.modules.length, 1);
  assert.deepEqual(kernel.inspect().modules, []);
});
