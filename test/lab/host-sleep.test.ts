/** Sleep as systemd-logind announces it, over a real message bus. The machine's kernel alone does not really sleep. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CarpetError, Kernel } from '../../core/index.js';
import { SleepModule } from '../../modules/host/index.js';
import { needs } from '../support/needs.js';
import { Machine, NODE, noMachine, PROJECT } from './support/machine.js';
import { waitFor } from './support/wait.js';

const SLEEPER = `${PROJECT}/dist/test/lab/support/sleeper.js`;
const skip = noMachine || needs('native', 'program:dbus-daemon', 'program:busctl');

/** A machine with a message bus and logind, which finds a kernel that can be suspended: a file takes the command. */
async function machineThatSleeps(): Promise<Machine> {
  const machine = await Machine.start();
  try {
    machine.run('sh', '-ec', 'echo mem >/run/state; mount --bind /run/state /sys/power/state');
    machine.run('systemctl', 'start', 'dbus', 'systemd-logind');
    const run = ['systemd-run', '--unit=sleeper', '--property=StandardOutput=append:/run/sleeper.log'];
    machine.run(...run, NODE, SLEEPER);
    return machine;
  } catch (error) {
    await machine[Symbol.asyncDispose]();
    throw error;
  }
}

/** How many locks logind lists for carpet. */
const locks = (machine: Machine): number =>
  machine
    .run('systemd-inhibit', '--list', '--no-pager', '--no-legend')
    .split('\n')
    .filter((line) => {
      return /^carpet\b.*\bsleep\b.*\bdelay$/.test(line);
    }).length;

test('the machine sleeps when the handlers are done, and wakes up', { skip, timeout: 60_000 }, async () => {
  await using machine = await machineThatSleeps();
  const log = (): string[] => machine.run('cat', '/run/sleeper.log').split('\n');
  const sleep = (): void => {
    machine.run('busctl', 'call', ...MANAGER, 'Suspend', 'b', 'false');
  };
  await waitFor(
    'the lock',
    10_000,
    () => locks(machine) === 1,
    () => log().join('\n'),
  );

  // systemd's sleep hooks run just before the kernel is told: here is who was ready then.
  machine.write('/lib/systemd/system-sleep/witness', '#!/bin/sh\necho "$1" >>/run/sleeper.log\n');
  machine.run('chmod', '+x', '/lib/systemd/system-sleep/witness');
  sleep();
  await waitFor(
    'the wake-up',
    10_000,
    () => log().includes('the machine is awake'),
    () => log().join('\n'),
  );
  const order = ['power_suspend', 'prepared', 'acpi_sleep_event S3', 'pre', 'post', 'acpi_wakeup_event S3'];
  assert.deepEqual(
    log().filter((line) => order.includes(line)),
    order,
  );
  await waitFor('the next lock', 5000, () => locks(machine) === 1);

  machine.run('systemctl', 'restart', 'systemd-logind');
  await waitFor(
    'the lock at the new logind',
    10_000,
    () => locks(machine) === 1,
    () => log().join('\n'),
  );
  machine.run('sh', '-ec', 'echo mem >/run/state');
  sleep();
  await waitFor('the second sleep', 10_000, () => log().filter((line) => line === 'prepared').length === 2);
  await waitFor('its end', 10_000, () => locks(machine) === 1);

  machine.run('systemctl', 'kill', '--signal=TERM', 'sleeper');
  await waitFor('the unload', 5000, () => log().includes('unloaded'));
  await waitFor('its lock to be gone', 5000, () => locks(machine) === 0);
  await waitFor('the program to end by itself', 5000, () => {
    return machine.try('systemctl', 'is-active', 'sleeper').text !== 'active';
  });
});

const MANAGER = ['org.freedesktop.login1', '/org/freedesktop/login1', 'org.freedesktop.login1.Manager'];

test('a bus that is started again is found again', { skip, timeout: 60_000 }, async () => {
  await using machine = await machineThatSleeps();
  const log = (): string[] => machine.run('cat', '/run/sleeper.log').split('\n');
  await waitFor(
    'the lock',
    10_000,
    () => log().includes('loaded'),
    () => log().join('\n'),
  );
  machine.run('systemctl', 'restart', 'dbus');
  await waitFor('the loss', 5000, () => log().some((line) => /no news of sleep/.test(line)));
  machine.run('systemctl', 'restart', 'systemd-logind');
  await waitFor(
    'the lock',
    20_000,
    () => locks(machine) === 1,
    () => log().join('\n'),
  );
  assert.ok(log().includes('connected to logind again'));
});

test('a machine without a message bus is said in one line', { skip: needs('native') }, async () => {
  await using kernel = new Kernel({ log: () => {} });
  await assert.rejects(kernel.load(SleepModule, { bus: '/nonexistent/bus' }), (error) => {
    return (
      error instanceof CarpetError &&
      /cannot reach logind by \/nonexistent\/bus: .*ENOENT/.test(error.message)
    );
  });
});
