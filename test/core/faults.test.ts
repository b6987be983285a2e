/** What a module's code throws: reported under its name, counted, and nobody else's business. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import {
  CalloutError,
  Clock,
  EventHandler,
  EventHandlerError,
  inject,
  Kernel,
  type KernelFault,
  type LogRecord,
  Module,
  Scope,
  VirtualClock,
} from '../../core/index.js';
import './eventhandler/events.js';

@Module({ name: 'clumsy' })
class Clumsy {
  constructor(
    @inject(Scope) readonly scope: Scope,
    @inject(Clock) readonly clock: Clock,
  ) {}

  start(): void {
    this.scope.register('test_event', () => {
      throw new Error('dropped it');
    });
  }

  @EventHandler('test_event', 5)
  async onTest(): Promise<void> {
    await Promise.resolve();
    throw new Error('dropped it too');
  }
}

function setup(onError?: (error: KernelFault) => void) {
  const clock = new VirtualClock();
  const records: LogRecord[] = [];
  const log = (record: LogRecord): void => void records.push(record);
  const kernel = new Kernel({ clock, log, ...(onError && { onError }) });
  return { clock, kernel, records };
}

const counters = (kernel: Kernel): unknown[] =>
  ['kern.handler_errors', 'kern.callout_errors'].map((name) => kernel.sysctl.get(name)?.value);

test('errors of handlers go to the log under the module’s name, are counted, and stop nobody', async () => {
  const { clock, kernel, records } = setup();
  await kernel.load(Clumsy);
  let others = 0;
  kernel.eventhandler.register('test_event', () => others++, undefined, 20_000);
  for (let i = 0; i < 3; i++) kernel.eventhandler.invoke('test_event', 'x');
  await clock.advance(0);
  assert.equal(others, 3);
  assert.deepEqual(counters(kernel), [6, 0]);
  const errors = records.filter(({ level }) => level === 'error');
  assert.deepEqual(
    errors.map(({ module, message }) => [module, message]),
    [
      ['clumsy', 'test_event: handler anonymous of clumsy (priority 10000) failed: dropped it'],
      ['clumsy', 'test_event: handler clumsy.onTest (priority 5) failed: dropped it too'],
    ],
    'one line for each handler',
  );
  assert.deepEqual(
    [errors[0]?.fields?.['event'], errors[0]?.fields?.['code'], errors[0]?.fields?.['priority']],
    ['test_event', 'EHANDLER', 10_000],
  );
  const stacks = records.filter(({ level }) => level === 'debug');
  assert.match(stacks[0]!.message, /dropped it\n\s+at .*faults\.test/);
});

test('errors of callouts, async ones too, go the same way, and the clock runs on', async () => {
  const { clock, kernel, records } = setup();
  const { scope, clock: own } = await kernel.load(Clumsy);
  let later = false;
  scope
    .callout('throws', () => {
      throw new Error('no');
    })
    .reset(1);
  scope
    .child('part')
    .callout('rejects', async () => {
      await Promise.resolve();
      throw new Error('not now');
    })
    .reset(2);
  own
    .callout('of the injected clock', () => {
      throw 'a text';
    })
    .reset(3);
  own.callout('later', () => void (later = true)).reset(4);
  await clock.advance(10);
  assert.equal(later, true);
  assert.deepEqual(counters(kernel), [0, 3]);
  assert.deepEqual(
    records.filter(({ level }) => level === 'error').map(({ module, message }) => [module, message]),
    [
      ['clumsy', 'callout clumsy throws failed: no'],
      ['clumsy/part', 'callout clumsy/part rejects failed: not now'],
      ['clumsy', 'callout of the injected clock of clumsy failed: a text'],
    ],
  );
});

test('onError receives both kinds instead of the log, with owner, code and cause', async () => {
  const faults: KernelFault[] = [];
  const { clock, kernel, records } = setup((error) => faults.push(error));
  const { scope } = await kernel.load(Clumsy);
  const cause = new Error('no');
  scope
    .callout('throws', () => {
      throw cause;
    })
    .reset(1);
  kernel.eventhandler.invoke('test_event', 'x');
  await clock.advance(1);
  assert.deepEqual(
    faults.map((error) => [error.constructor, error.code, error.owner]),
    [
      [EventHandlerError, 'EHANDLER', 'clumsy'],
      [EventHandlerError, 'EHANDLER', 'clumsy'],
      [CalloutError, 'ECALLOUT', 'clumsy'],
    ],
  );
  assert.equal(faults.at(-1)?.cause, cause);
  assert.deepEqual(records, []);
  assert.deepEqual(counters(kernel), [2, 1]);
});

for (const [value, status, output] of [
  ['0', 0, 'lived\n'],
  ['1', 1, ''],
] as const) {
  test(`with kern.panic_on_handler_error=${value} the process ${status === 0 ? 'lives on' : 'ends'}`, () => {
    const core = new URL('../../core/index.js', import.meta.url).href;
    const script = `
      const { Kernel } = await import(${JSON.stringify(core)});
      const kernel = new Kernel();
      kernel.sysctl.set('kern.panic_on_handler_error', '${value}');
      kernel.eventhandler.register('test_event', function bad() { throw new Error('boom'); });
      kernel.eventhandler.invoke('test_event');
      setImmediate(() => console.log('lived'));
    `;
    const child = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
    assert.deepEqual([child.status, child.stdout], [status, output]);
    if (status !== 0) assert.match(child.stderr, /test_event: handler bad \(priority 10000\) failed: boom/);
  });
}

test('a handler that fails at the shutdown keeps no module from its stop', async () => {
  const { kernel } = setup();
  let stopped = false;
  @Module({ name: 'tidy' })
  class Tidy {
    stop(): void {
      stopped = true;
    }
  }
  await kernel.load(Tidy);
  kernel.eventhandler.register('shutdown_final', () => {
    throw new Error('cannot say good-bye');
  });
  await kernel.shutdown();
  assert.equal(stopped, true);
});
