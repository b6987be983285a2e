import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { channel } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { test } from 'node:test';
import { Kernel, type LogRecord, VirtualClock } from '../../../core/index.js';
import { HostModule } from '../../../modules/host/index.js';
import { DatagramReceiver } from './support/datagram-receiver.js';

const linux = { skip: process.platform !== 'linux' && 'needs Linux' };
const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

/** Runs with NOTIFY_SOCKET and its kin set, as systemd starts a daemon. */
async function underSystemd(
  run: (receiver: DatagramReceiver) => Promise<void>,
  variables: Record<string, string> = {},
): Promise<void> {
  using receiver = new DatagramReceiver(`@carpet-module-test-${process.pid}`);
  const given: Record<string, string> = { NOTIFY_SOCKET: receiver.name, ...variables };
  Object.assign(process.env, given);
  try {
    await run(receiver);
  } finally {
    for (const name of Object.keys(given)) delete process.env[name];
  }
}

test('a daemon under systemd says ready, pats the watchdog, and says that it stops', linux, async () => {
  const variables = { WATCHDOG_USEC: '2000000', WATCHDOG_PID: String(process.pid) };
  await underSystemd(async (receiver) => {
    const clock = new VirtualClock();
    const kernel = new Kernel({ clock });
    const host = await kernel.load(HostModule);
    host.ready('two vhids');
    await clock.advance(1000);
    host.status('still two');
    await assert.rejects(kernel.unload('host'), /host stays loaded: .*watchdog would restart this process/);
    await kernel.shutdown();
    assert.deepEqual(receiver.all(), [
      'WATCHDOG=1',
      'READY=1\nSTATUS=two vhids',
      'WATCHDOG=1',
      'STATUS=still two',
      'STOPPING=1',
    ]);
    assert.equal(clock.armed, 0);
  }, variables);
});

test('without a service manager nothing is said and nothing is held', linux, async () => {
  const kernel = new Kernel();
  const host = await kernel.load(HostModule);
  host.ready();
  host.status('alone');
  assert.equal(host.checkResume(), 0);
  await kernel.shutdown();
});

test('a NOTIFY_SOCKET that cannot be used is named once, and does not stop the daemon', async () => {
  for (const name of ['vsock:2:1234', `/${'long'.repeat(40)}`]) {
    const records: LogRecord[] = [];
    process.env['NOTIFY_SOCKET'] = name;
    await using kernel = new Kernel({ log: (record) => records.push(record) });
    const host = await kernel.load(HostModule).finally(() => delete process.env['NOTIFY_SOCKET']);
    host.ready();
    const lines = records.filter(({ level }) => level === 'warning').map(({ message }) => message);
    assert.equal(lines.length, 1);
    assert.ok(lines[0]!.includes(name));
  }
});

test('settings that do not fit are named', async () => {
  await using kernel = new Kernel();
  await assert.rejects(kernel.load(HostModule, { stall: 2001 }), /host: settings\.stall: .*2000/);
  await assert.rejects(kernel.load(HostModule, { signal: false }), /host: settings\.signal: /);
});

test('signals can be left to the program', async () => {
  await using kernel = new Kernel();
  const before = SIGNALS.map((signal) => process.listenerCount(signal));
  await kernel.load(HostModule, { signals: false });
  assert.deepEqual(
    SIGNALS.map((signal) => process.listenerCount(signal)),
    before,
  );
});

test('the children of any module are seen', async () => {
  await using kernel = new Kernel();
  const host = await kernel.load(HostModule);
  const exits: unknown[] = [];
  kernel.eventhandler.register('process_exit', ({ pid }, { code }) => void exits.push(pid, code));
  const child = spawn(process.execPath, ['-e', '0']);
  await once(child, 'spawn');
  assert.deepEqual(
    host.processes().map(({ pid }) => pid),
    [child.pid],
  );
  await once(child, 'exit');
  assert.deepEqual(exits, [child.pid, 0]);
});

const CYCLES = Number(process.env['CARPET_CYCLES'] ?? 250);

test(`loaded and unloaded ${CYCLES} times, nothing is left`, linux, async () => {
  const descriptors = (): string[] =>
    existsSync('/proc/self/fd') ? readdirSync('/proc/self/fd').map((fd) => fd) : [];
  const held = (kernel: Kernel, clock: VirtualClock): unknown => ({
    descriptors: descriptors().length,
    listeners: SIGNALS.map((signal) => process.listenerCount(signal)),
    armed: clock.armed,
    sysctls: kernel.sysctl.list().map(({ name }) => name),
    handlers: kernel.eventhandler.lists().reduce((sum, { entries }) => sum + entries.length, 0),
    children: channel('child_process').hasSubscribers,
  });
  await underSystemd(async (receiver) => {
    const clock = new VirtualClock();
    const kernel = new Kernel({ clock });
    const cycle = async (): Promise<void> => {
      const host = await kernel.load(HostModule);
      host.ready();
      await kernel.unload(HostModule);
      assert.equal(receiver.next(), 'READY=1');
    };
    for (let i = 0; i < 10; i++) await cycle();
    const before = held(kernel, clock);
    for (let i = 0; i < CYCLES; i++) await cycle();
    assert.deepEqual(held(kernel, clock), before);
    await kernel.shutdown();
  });
});
