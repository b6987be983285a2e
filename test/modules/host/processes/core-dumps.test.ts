/** Core dumps in progress: one event of each kind, whatever threads do and whatever is lost. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { EventHandlerRegistry, VirtualClock } from '../../../../core/index.js';
import { CoreDumps } from '../../../../modules/host/processes/core-dumps.js';

function watching(t: TestContext) {
  const clock = new VirtualClock();
  const eventhandler = new EventHandlerRegistry();
  const machine = { written: 1000 as number | undefined, exists: true };
  const events: unknown[] = [];
  const dumps = new CoreDumps({
    started: eventhandler.defineList('app_coredump_start'),
    progress: eventhandler.defineList('app_coredump_progress'),
    finished: eventhandler.defineList('app_coredump_finish'),
    failed: eventhandler.defineList('app_coredump_error'),
    files: {
      name: () => 'crash',
      written: () => machine.written,
      exists: () => machine.exists,
      corePattern: () => 'core.%p',
    },
    callout: (name, fn) => clock.callout(name, fn),
  });
  t.after(() => dumps[Symbol.dispose]());
  eventhandler.register('app_coredump_start', (process, pattern) => {
    events.push(['start', process.pid, pattern]);
  });
  eventhandler.register('app_coredump_progress', (_, written) => void events.push(['progress', written]));
  eventhandler.register('app_coredump_finish', (_, pattern) => void events.push(['finish', pattern]));
  eventhandler.register('app_coredump_error', (_, reason) => void events.push(['error', reason]));
  return { clock, machine, events, dumps, take: () => events.splice(0) };
}

test('what the process writes after the start is the dump', async (t) => {
  const { clock, machine, dumps, take } = watching(t);
  dumps.start({ pid: 7 }, 7);
  machine.written = 5000;
  await clock.advance(100);
  await clock.advance(100);
  machine.written = 9000;
  await clock.advance(100);
  dumps.exit(7, 7, 0x80 | 11);
  assert.deepEqual(take(), [
    ['start', 7, 'core.%p'],
    ['progress', 4000],
    ['progress', 8000],
    ['finish', 'core.%p'],
  ]);
  await clock.advance(1000);
  assert.deepEqual(take(), []);
});

test('two threads crash at once: one of them writes, and only its end counts', (t) => {
  const { dumps, take } = watching(t);
  dumps.start({ pid: 7 }, 7);
  dumps.start({ pid: 7 }, 9);
  dumps.exit(7, 8, 11); // a bystander
  dumps.exit(7, 7, 11);
  assert.deepEqual(take(), [['start', 7, 'core.%p']]);
  dumps.exit(7, 9, 0x80 | 11);
  assert.deepEqual(take(), [['finish', 'core.%p']]);
});

test('no core was written', (t) => {
  const { dumps, take } = watching(t);
  dumps.start({ pid: 7 }, 7);
  dumps.exit(7, 7, 11);
  dumps.exit(8, 8, 11);
  assert.match(String(take()[1]), /^error,.*RLIMIT_CORE/);
  assert.deepEqual(take(), []);
});

test('a process whose files may not be read has no progress, and still an end', async (t) => {
  const { clock, machine, dumps, take } = watching(t);
  machine.written = undefined;
  dumps.start({ pid: 7 }, 7);
  machine.written = 5000;
  await clock.advance(500);
  dumps.exit(7, 7, 0x80 | 6);
  assert.deepEqual(
    take().map((event) => (event as string[])[0]),
    ['start', 'finish'],
  );
});

test('an end that was lost in an overrun is an error, after a second look', async (t) => {
  const { clock, machine, dumps, take } = watching(t);
  dumps.start({ pid: 7 }, 7);
  machine.exists = false;
  await clock.advance(100);
  assert.equal(take().length, 1);
  await clock.advance(100);
  assert.match(String(take()[0]), /^error,.*was lost/);
  dumps.exit(7, 7, 0x80 | 11);
  assert.deepEqual(take(), []);
});
