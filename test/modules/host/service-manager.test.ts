import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { EventHandlerRegistry, Log, type LogRecord, Sysctl, VirtualClock } from '../../../core/index.js';
import '../../../modules/host/events.js';
import { ServiceManager } from '../../../modules/host/service-manager.js';
import { Watchdog, watchdogTimeout } from '../../../modules/host/watchdog.js';
import { UnixDatagram } from '../../../modules/libc/index.js';
import { DatagramReceiver } from './support/datagram-receiver.js';

const linux = { skip: process.platform !== 'linux' && 'needs Linux' };
const folder = mkdtempSync(join(tmpdir(), 'carpet-host-'));
after(() => rmSync(folder, { recursive: true }));

function bench(name: string) {
  const clock = new VirtualClock();
  const sysctl = new Sysctl();
  const records: LogRecord[] = [];
  const log = new Log((record) => records.push(record), clock, 'host');
  const socket = new UnixDatagram(name);
  const callout = (title: string, fn: () => void) => clock.callout(title, fn);
  const failed = sysctl.counter('host.notify.failed', '');
  const manager = new ServiceManager({
    send: (text) => socket.send(text),
    failed,
    monotonic: () => 1234.5,
    callout,
    log,
  });
  return { clock, sysctl, records, log, socket, callout, failed, manager };
}

for (const name of [join(folder, 'notify'), `@carpet-host-test-${process.pid}`]) {
  test(
    `the service manager is told in sd_notify's form, at ${name[0] === '@' ? 'an abstract name' : 'a path'}`,
    linux,
    () => {
      using receiver = new DatagramReceiver(name);
      const { manager, socket } = bench(name);
      using _socket = socket;
      manager.ready('up, 2 vhids');
      manager.status('a line\nREADY=0');
      manager.reloading();
      manager.stopping();
      assert.deepEqual(receiver.all(), [
        'READY=1\nSTATUS=up, 2 vhids',
        'STATUS=a line READY=0',
        'RELOADING=1\nMONOTONIC_USEC=1234500',
        'STOPPING=1',
      ]);
    },
  );
}

test('a full queue is tried again with the latest values', linux, async () => {
  using receiver = new DatagramReceiver(join(folder, 'full'));
  const { manager, clock, failed, socket } = bench(receiver.name);
  using _socket = socket;
  let sent = 0;
  while (clock.armed === 0 && sent < 10_000) manager.status(String(sent++));
  assert.ok(sent < 10_000, 'the queue never filled');
  manager.ready('newest');
  await clock.advance(1000);
  assert.equal(clock.armed, 1);
  assert.equal(receiver.all().length, sent - 1);
  await clock.advance(100);
  assert.deepEqual(receiver.all(), ['STATUS=newest\nREADY=1']);
  assert.equal(clock.armed, 0);
  assert.equal(failed.value, 0);
});

test('a service manager that is gone costs one line and a count', linux, () => {
  const { manager, records, failed, clock, socket } = bench(join(folder, 'absent'));
  using _socket = socket;
  manager.ready();
  manager.stopping();
  assert.equal(failed.value, 2);
  assert.equal(records.length, 1);
  assert.match(records[0]!.message, /NOTIFY_SOCKET did not take a message: ENOENT/);
  assert.equal(clock.armed, 0);
});

test('what outlives the module says nothing any more', linux, () => {
  using receiver = new DatagramReceiver(join(folder, 'late'));
  const { manager, failed, clock, socket } = bench(receiver.name);
  manager[Symbol.dispose]();
  socket[Symbol.dispose]();
  manager.ready();
  assert.deepEqual([receiver.all(), failed.value, clock.armed], [[], 0, 0]);
});

test('a socket name that does not fit is refused by name', linux, () => {
  assert.throws(() => new UnixDatagram(`/${'x'.repeat(107)}`), /\/x+: longer than the 107 bytes/);
  using longest = new UnixDatagram(`/${'x'.repeat(106)}`);
  assert.equal(longest.send('READY=1'), 'ENOENT');
});

test('the watchdog is patted twice in its timeout, unless a handler vetoes or throws', linux, async () => {
  using receiver = new DatagramReceiver(join(folder, 'watchdog'));
  const { manager, clock, sysctl, callout, log, records, socket } = bench(receiver.name);
  using _socket = socket;
  const eventhandler = new EventHandlerRegistry({ onError: () => {} });
  const list = eventhandler.defineList('watchdog_list');
  const pats = sysctl.counter('host.watchdog.pats', '');
  const withheld = sysctl.counter('host.watchdog.withheld', '');
  using _watchdog = new Watchdog({ timeout: 3000, manager, list, pats, withheld, callout, log });
  await clock.advance(4500);
  assert.deepEqual(receiver.all(), ['WATCHDOG=1', 'WATCHDOG=1', 'WATCHDOG=1', 'WATCHDOG=1']);

  const stuck = list.register((timeout, veto) => veto.veto(`no master for ${timeout} ms`));
  await clock.advance(3000);
  assert.deepEqual(receiver.all(), Array(2).fill('STATUS=not well: no master for 3000 ms'));
  assert.deepEqual(
    records.map(({ level, message }) => `${level}: ${message}`),
    ['error: not well, the service manager will restart us if it lasts: no master for 3000 ms'],
  );

  await list.deregister(stuck);
  using _broken = list.register(() => {
    throw new Error('lost');
  });
  await clock.advance(1500);
  assert.match(receiver.all().join(), /^STATUS=not well: .*lost$/);
  assert.deepEqual([pats.value, withheld.value], [4, 3]);
});

test('the watchdog of another process is not ours', () => {
  assert.equal(watchdogTimeout({ WATCHDOG_USEC: '3000000' }, 7), 3000);
  assert.equal(watchdogTimeout({ WATCHDOG_USEC: '3000000', WATCHDOG_PID: '7' }, 7), 3000);
  assert.equal(watchdogTimeout({ WATCHDOG_USEC: '3000000', WATCHDOG_PID: '8' }, 7), undefined);
  for (const usec of ['0', '', 'x', '-5', '1e6', undefined]) {
    assert.equal(watchdogTimeout({ WATCHDOG_USEC: usec }, 7), undefined);
  }
});
