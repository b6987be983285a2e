/** Real time and a real thread: bounds are wide, since the machine is busy. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, test } from 'node:test';
import { setTimeout as elapse } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { defineModule, Kernel, type LogRecord } from '../../../core/index.js';
import { SoftlockupModule } from '../../../modules/softlockup/index.js';
import { shortOfThreads } from '../../support/short-of-threads.js';

declare module 'carpet-kernel' {
  interface EventHandlers {
    stall_event(how: () => void): void;
  }
}

const STALL_MS = 1_000;

/** Computes. */
function spin(ms: number = STALL_MS): number {
  const end = performance.now() + ms;
  let sum = 0;
  while (performance.now() < end) sum += Math.sqrt(sum + 1);
  return sum;
}

/** Stands still in native code. */
function block(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, STALL_MS);
}

const Pager = defineModule({
  name: 'pager',
  on: { stall_event: (_context, how) => how() },
  start: ({ scope }) => {
    const slow = scope.callout('slow', () => void spin());
    scope.own(
      scope.sysctl.bool('pager.slow', { description: 'stall', value: false }).onChange(() => slow.reset(0)),
    );
  },
});

class Watched implements AsyncDisposable {
  readonly records: LogRecord[] = [];
  readonly kernel = new Kernel({ log: (record) => this.records.push(record) });

  static async boot(threshold = 200): Promise<Watched> {
    const watched = new Watched();
    const { kernel } = watched;
    await kernel.load(SoftlockupModule);
    kernel.sysctl.get('kern.softlockup.threshold')?.write(threshold);
    await kernel.load(Pager);
    // The thread has to be there.
    await elapse(1_000);
    watched.records.length = 0;
    return watched;
  }

  get stalls(): unknown {
    return this.kernel.sysctl.get('kern.softlockup.stalls')?.value;
  }

  async report(): Promise<LogRecord> {
    for (let i = 0; i < 300 && this.records.length === 0; i++) await elapse(10);
    const [record] = this.records;
    assert.ok(record, 'no line was logged');
    return record;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kernel.shutdown();
  }
}

describe('what holds up the kernel', () => {
  test('a handler is named with its module, its list, its stack, and the callout that it made late', async () => {
    await using watched = await Watched.boot();
    const { kernel } = watched;
    const due = kernel.clock.callout('advertise', () => undefined);
    due.reset(50);
    kernel.eventhandler.invoke('stall_event', () => void spin());
    const { module, level, message, fields } = await watched.report();
    assert.equal(module, 'pager');
    assert.equal(level, 'warning');
    assert.match(
      message,
      /^handler pager\.stall_event of stall_event held up the kernel for \d+ ms in spin \(file:.*softlockup\.test\.js:\d+\) < .*; callout advertise was \d+ ms late$/,
    );
    const { ms, late, owner, priority } = fields as {
      ms: number;
      late: { ms: number };
      owner: string;
      priority: number;
    };
    assert.ok(ms > STALL_MS - 200 && ms < STALL_MS * 4, `${ms} ms`);
    assert.ok(late.ms > STALL_MS - 100, `${late.ms} ms late`);
    assert.deepEqual([owner, priority, watched.stalls], ['pager', 10_000, 1]);
    assert.equal(watched.records.length, 1);
  });

  test('so is a handler in native code, and the innermost of those that are called within each other', async () => {
    await using watched = await Watched.boot();
    const { eventhandler } = watched.kernel;
    eventhandler.register('stall_event', {
      name: 'outer',
      owner: 'hall',
      priority: 1,
      handler: () => {
        if (outer) return;
        outer = true;
        eventhandler.invoke('stall_event', block);
      },
    });
    let outer = false;
    eventhandler.invoke('stall_event', () => undefined);
    const { message } = await watched.report();
    assert.match(message, /^handler pager\.stall_event of stall_event held up .* in block \(/);
  });

  test('so is a callout', async () => {
    await using watched = await Watched.boot();
    watched.kernel.sysctl.get('pager.slow')?.write(true);
    const { module, message } = await watched.report();
    assert.equal(module, 'pager');
    assert.match(message, /^callout pager slow held up the kernel for \d+ ms in spin \(/);
  });

  test('other code is shown by its stack', async () => {
    await using watched = await Watched.boot();
    await elapse(1);
    spin();
    const { module, message } = await watched.report();
    assert.equal(module, 'softlockup');
    assert.match(message, /^code outside of handlers and callouts held up .* in spin \(/);
  });

  test('what is shorter than the threshold is not reported, and at 0 nothing is', async () => {
    await using watched = await Watched.boot(5_000);
    spin();
    await elapse(100);
    watched.kernel.sysctl.get('kern.softlockup.threshold')?.write(0);
    await elapse(100);
    assert.deepEqual(
      watched.kernel.clock.callouts().map(({ name }) => name),
      [],
      'nothing beats',
    );
    spin();
    await elapse(100);
    assert.deepEqual(watched.records, []);
  });

  test('a name that throws, or does something, is not run', async () => {
    await using watched = await Watched.boot();
    const { eventhandler } = watched.kernel;
    let read = 0;
    const trap = (): void => void spin();
    eventhandler.register('stall_event', trap);
    // After the registration, which reads it.
    Object.defineProperty(trap, 'name', { get: () => `trap ${++read}` });
    eventhandler.deregisterNowait('stall_event', null);
    eventhandler.register('stall_event', trap);
    const before = read;
    eventhandler.invoke('stall_event', () => undefined);
    const { message } = await watched.report();
    assert.match(message, /in spin \(/);
    assert.equal(read, before);
  });

  test('nothing is left when the module is unloaded, a stall or not', async () => {
    const watched = await Watched.boot();
    const { kernel } = watched;
    for (let i = 0; i < 3; i++) {
      kernel.eventhandler.invoke('stall_event', () => void spin(300));
      await kernel.unload('softlockup');
      await kernel.load(SoftlockupModule);
      await elapse(100);
    }
    await watched[Symbol.asyncDispose]();
    assert.equal(kernel.clock.armed, 0);
  });
});

test('a kernel that never goes on has its culprit on stderr; no port was opened', () => {
  const url = (path: string): string => JSON.stringify(new URL(`../../../${path}`, import.meta.url).href);
  const script = `
    import { url } from 'node:inspector';
    const { Kernel } = await import(${url('core/index.js')});
    const { SoftlockupModule } = await import(${url('modules/softlockup/index.js')});
    const kernel = new Kernel();
    await kernel.load(SoftlockupModule);
    kernel.eventhandler.register('stall_event', { name: 'hung', owner: 'pager', handler() {
      const end = performance.now() + 8_000;
      while (performance.now() < end);
      console.log(url());
      process.exit();
    } });
    setTimeout(() => kernel.eventhandler.invoke('stall_event'), 1_000);
  `;
  const { stderr, stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    encoding: 'utf8',
    cwd: fileURLToPath(new URL('.', import.meta.url)),
  });
  assert.match(
    stderr,
    /^handler hung of pager of stall_event has held up the kernel for \d+ ms in handler \(/,
  );
  assert.equal(stdout, 'undefined\n');
});

test('a watch whose stderr nobody reads goes on', () => {
  const url = (path: string): string => JSON.stringify(new URL(`../../../${path}`, import.meta.url).href);
  const script = `
    const { Kernel } = await import(${url('core/index.js')});
    const { SoftlockupModule } = await import(${url('modules/softlockup/index.js')});
    const kernel = new Kernel({ log: ({ message }) => console.log(message) });
    await kernel.load(SoftlockupModule);
    setTimeout(() => {
      const end = performance.now() + 2_500;
      while (performance.now() < end);
      setTimeout(() => process.exit(), 1_000);
    }, 1_000);
  `;
  const { stdout } = spawnSync(
    '/bin/sh',
    ['-c', '{ "$0" --input-type=module -e "$1" 2>&1 1>&3 | true; } 3>&1', process.execPath, script],
    { encoding: 'utf8', cwd: fileURLToPath(new URL('.', import.meta.url)) },
  );
  assert.match(stdout, /^code outside of handlers and callouts held up the kernel/m);
  assert.doesNotMatch(stdout, /not named any more/);
});

test('a threshold for which there is no thread is refused, and the former one stays in force', async (t) => {
  const shortage = shortOfThreads(t);
  await using watched = await Watched.boot();
  const threshold = watched.kernel.sysctl.get('kern.softlockup.threshold')!;
  shortage.failures = 1;
  assert.throws(() => threshold.write(300), /EAGAIN/);
  assert.equal(threshold.value, 200);
  watched.kernel.eventhandler.invoke('stall_event', () => void spin());
  assert.match((await watched.report()).message, /stall_event/);
  threshold.write(300);
  assert.equal(threshold.value, 300);
});
