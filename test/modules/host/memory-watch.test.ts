import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { EventHandlerRegistry, Log, type LogRecord, Sysctl, VirtualClock } from '../../../core/index.js';
import { VM_LOW_PAGES } from '../../../modules/host/index.js';
import { linuxMemorySources } from '../../../modules/host/linux/memory-sources.js';
import { openTrigger } from '../../../modules/host/linux/pressure-trigger.js';
import { parseMemoryEvents, risen } from '../../../modules/host/memory-events.js';
import { type KernelFile, type MemorySources, MemoryWatch } from '../../../modules/host/memory-watch.js';
import { pressureTrigger, stalledMs } from '../../../modules/host/pressure.js';
import { needs } from '../../support/needs.js';

const folder = mkdtempSync(join(tmpdir(), 'carpet-memory-'));
after(() => rmSync(folder, { recursive: true }));

/** A file as the kernel would keep it; rewritten by the test. */
function kernelFile(name: string, text: string): KernelFile & { write(text: string): void } {
  const path = join(folder, name);
  writeFileSync(path, text);
  return { path, read: () => readFileSync(path, 'latin1'), write: (next) => writeFileSync(path, next) };
}

const psi = (ms: number): string =>
  `some avg10=0.00 avg60=0.00 avg300=0.00 total=${ms * 1000}\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n`;
const limits = (high: number): string => `low 0\nhigh ${high}\nmax 0\noom 0\noom_kill 0\noom_group_kill 0\n`;

function bench(given: Partial<MemorySources>) {
  const clock = new VirtualClock();
  const sysctl = new Sysctl();
  const records: LogRecord[] = [];
  const heard: string[] = [];
  const eventhandler = new EventHandlerRegistry();
  eventhandler.register('vm_lowmem', (flags) => void heard.push(`${clock.now()}: ${flags}`));
  const watch = new MemoryWatch({
    sources: {
      pressure: undefined,
      events: undefined,
      trigger: () => undefined,
      watch: () => ({ [Symbol.dispose]: () => {} }),
      ...given,
    },
    list: eventhandler.defineList('vm_lowmem'),
    stall: 200,
    period: sysctl.int('vm.lowmem_period', { description: '', value: 10 }),
    count: sysctl.counter('host.lowmem', ''),
    now: () => clock.now(),
    callout: (name, fn) => clock.callout(name, fn),
    log: new Log((record) => records.push(record), clock),
  });
  return { clock, records, heard, watch };
}

test('stalls are read as the kernel writes them', () => {
  assert.equal(stalledMs(psi(1234)), 1234);
  assert.equal(stalledMs('some avg10=0.00 avg60=0.00 avg300=0.00 total=18446744073\n'), 18446744.073);
  assert.equal(stalledMs('nonsense'), undefined);
  assert.equal(pressureTrigger(150), 'some 150000 2000000');
});

test('the limits that were met anew are named; kills are none', () => {
  const before = parseMemoryEvents('low 1\nhigh 2\nmax 3\noom 4\noom_kill 5\n');
  assert.deepEqual(before, { low: 1, high: 2, max: 3, oom: 4 });
  assert.deepEqual(risen(before, parseMemoryEvents('low 1\nhigh 3\nmax 4\noom 4\noom_kill 9\n')), [
    'high',
    'max',
  ]);
  assert.deepEqual(risen(before, before), []);
  assert.deepEqual(parseMemoryEvents(''), { low: 0, high: 0, max: 0, oom: 0 });
});

test('without a trigger the stalls of each two seconds are compared', async () => {
  const pressure = kernelFile('pressure', psi(5000));
  const { clock, heard, watch } = bench({ pressure });
  pressure.write(psi(5199));
  await clock.advance(2000);
  pressure.write(psi(5199 + 200));
  await clock.advance(2000);
  assert.deepEqual(heard, [`4000: ${VM_LOW_PAGES}`]);
  watch[Symbol.dispose]();
  assert.equal(clock.armed, 0);
});

test('vm_lowmem comes at most once in vm.lowmem_period', async () => {
  let fire = (): void => {};
  const pressure = kernelFile('often', psi(0));
  const { clock, heard } = bench({
    pressure,
    trigger: (_file, _stall, fired) => {
      fire = fired;
      return { [Symbol.dispose]: () => {} };
    },
  });
  for (let second = 0; second < 25; second++) {
    fire();
    await clock.advance(1000);
  }
  assert.deepEqual(heard, ['0: 2', '10000: 2', '20000: 2']);
});

test('a trigger whose control group goes away gives way to looking, and that to nothing', async () => {
  let gone = (): void => {};
  const pressure = kernelFile('group', psi(0));
  const { clock, heard, records } = bench({
    pressure,
    trigger: (_file, _stall, _fired, vanished) => {
      gone = vanished;
      return { [Symbol.dispose]: () => {} };
    },
  });
  gone();
  pressure.write(psi(500));
  await clock.advance(2000);
  assert.deepEqual(heard, ['2000: 2']);
  rmSync(pressure.path);
  await clock.advance(2000);
  assert.match(records.at(-1)!.message, /group is not readable .*ENOENT.*does without it/);
  assert.equal(clock.armed, 0);
});

test('a machine without room for another watch of a file does with what else there is', async () => {
  let held = 0;
  let fire = (): void => {};
  const { clock, heard, records, watch } = bench({
    pressure: kernelFile('beside', psi(0)),
    trigger: (_file, _stall, fired) => {
      held++;
      fire = fired;
      return { [Symbol.dispose]: () => held-- };
    },
    events: kernelFile('unwatched', limits(0)),
    watch: () => {
      throw Object.assign(new Error('ENOSPC: no space left on device, watch'), { code: 'ENOSPC' });
    },
  });
  assert.match(records.at(-1)!.message, /unwatched cannot be watched .*ENOSPC.*does without it/);
  fire();
  assert.deepEqual(heard, ['0: 2']);
  watch[Symbol.dispose]();
  assert.deepEqual([held, clock.armed], [0, 0]);
});

test('a machine that tells nothing of its memory costs one line', () => {
  const { clock, records } = bench({});
  assert.deepEqual(
    records.map(({ level, message }) => `${level}: ${message}`),
    ['info: no source for vm_lowmem: neither /proc/pressure/memory nor a cgroup v2 memory controller'],
  );
  assert.equal(clock.armed, 0);
});

// On the wall clock, as long as inotify takes: its delivery is what is tested.
test('a changed memory.events wakes us', {
  skip: process.platform !== 'linux' && 'needs Linux',
}, async () => {
  const events = kernelFile('memory.events', limits(7));
  const { heard, watch } = bench({ events, watch: linuxMemorySources({}).watch });
  for (let i = 0; i < 100 && heard.length === 0; i++) {
    events.write(limits(8));
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  assert.deepEqual(heard, ['0: 2']);
  watch[Symbol.dispose]();
});

test('systemd may name another pressure file, or none', () => {
  const path = kernelFile('delegated', psi(0)).path;
  assert.equal(linuxMemorySources({ MEMORY_PRESSURE_WATCH: path }).pressure?.path, path);
  assert.equal(linuxMemorySources({ MEMORY_PRESSURE_WATCH: '/dev/null' }).pressure, undefined);
  assert.equal(linuxMemorySources({ MEMORY_PRESSURE_WATCH: join(folder, 'absent') }).pressure, undefined);
});

const noPressure = existsSync('/proc/pressure/memory') ? needs('native') : 'needs pressure-stall information';

test('the kernel takes our trigger, and gets its descriptor back', { skip: noPressure }, () => {
  const descriptors = (): number => readdirSync('/proc/self/fd').length;
  const { pressure } = linuxMemorySources({});
  openTrigger(pressure!, 200, assert.fail, assert.fail)?.[Symbol.dispose]();
  const before = descriptors();
  for (let i = 0; i < 100; i++) {
    const trigger = openTrigger(pressure!, 200, assert.fail, assert.fail);
    assert.ok(trigger, 'no trigger');
    trigger[Symbol.dispose]();
  }
  assert.equal(descriptors(), before);
});

test('what is no pressure file gives no trigger, and its descriptor back', { skip: noPressure }, () => {
  const before = readdirSync('/proc/self/fd').length;
  assert.equal(openTrigger(kernelFile('plain', 'x'), 200, assert.fail, assert.fail), undefined);
  assert.equal(
    openTrigger({ path: join(folder, 'absent'), read: () => '' }, 1, assert.fail, assert.fail),
    undefined,
  );
  assert.equal(readdirSync('/proc/self/fd').length, before);
});
