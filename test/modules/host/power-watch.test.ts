import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { EventHandlerRegistry, Log, Sysctl, VirtualClock } from '../../../core/index.js';
import '../../../modules/host/events.js';
import { openSleepClock, sleptSinceBoot, uptime } from '../../../modules/host/linux/sleep-clock.js';
import { PowerWatch } from '../../../modules/host/power-watch.js';
import { needs } from '../../support/needs.js';

function bench() {
  const clock = new VirtualClock();
  const machine = { slept: 5000 };
  const eventhandler = new EventHandlerRegistry();
  const heard: string[] = [];
  eventhandler.register('power_resume', (slept) => void heard.push(`${clock.now()}: slept ${slept}`));
  const watch = new PowerWatch({
    sleptSinceBoot: () => machine.slept,
    list: eventhandler.defineList('power_resume'),
    count: new Sysctl().counter('host.resumes', ''),
    callout: (name, fn) => clock.callout(name, fn),
    log: new Log(() => {}, clock),
  });
  return { clock, machine, heard, watch };
}

test('a sleep is told once, within a second of the resume', async () => {
  const { clock, machine, heard } = bench();
  await clock.advance(10_400);
  machine.slept += 3_600_000;
  await clock.advance(5_000);
  assert.deepEqual(heard, ['11000: slept 3600000']);
});

test('who asks is told at once, and nobody a second time', async () => {
  const { clock, machine, heard, watch } = bench();
  await clock.advance(500);
  machine.slept += 800;
  assert.equal(watch.check(), 800);
  assert.equal(watch.check(), 0);
  await clock.advance(5_000);
  assert.deepEqual(heard, ['500: slept 800']);
});

test('the coarseness of the clocks is no sleep, even when it adds up', async () => {
  const { clock, machine, heard } = bench();
  for (const error of [10, -10, 20, 0, 60, 99, -30]) {
    machine.slept = 5000 + error;
    await clock.advance(1000);
  }
  assert.deepEqual(heard, []);
});

test('a disposed watch leaves no callout armed', () => {
  const { clock, watch } = bench();
  watch[Symbol.dispose]();
  assert.equal(clock.armed, 0);
});

test('what CLOCK_BOOTTIME is ahead of CLOCK_MONOTONIC is sleep', {
  skip: needs('root', 'program:unshare'),
}, (t) => {
  // In a time namespace it can be ahead without that the machine has slept (time_namespaces(7)).
  const file = fileURLToPath(import.meta.resolve('../../../modules/host/linux/sleep-clock.js'));
  const program = `import { openSleepClock } from '${file}'; console.log(openSleepClock()());`;
  const slept = (ahead: readonly string[]): number => {
    const node = [process.execPath, '--input-type=module', '-e', program];
    const { status, stdout, stderr } = spawnSync('unshare', ['-T', ...ahead, '--fork', ...node], {
      encoding: 'utf8',
    });
    assert.equal(status, 0, stderr);
    return Number(stdout);
  };
  if (spawnSync('unshare', ['-T', 'true']).status !== 0) return t.skip('needs time namespaces');
  const ahead = slept(['--boottime', '5000']) - slept([]);
  assert.ok(Math.abs(ahead - 5_000_000) < 100, String(ahead));
});

// Measures the machine's own clocks: that they run alike while it is awake is the premise of all of the above.
test('a machine that is awake does not sleep', {
  skip: process.platform !== 'linux' && 'needs Linux',
}, async () => {
  const sleepClock = openSleepClock();
  const before = sleepClock();
  await new Promise((resolve) => setTimeout(resolve, 200));
  assert.ok(Math.abs(sleepClock() - before) < 100);
  // /proc/uptime is cut off to hundredths of a second.
  assert.ok(Math.abs(sleptSinceBoot(uptime) - before) < 100);
});
