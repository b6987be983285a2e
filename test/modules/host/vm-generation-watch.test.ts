/** vm_generation_event, from a clock page laid out as linux/vmclock-abi.h has it. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { EventHandlerRegistry, Log, Sysctl, VirtualClock } from '../../../core/index.js';
import '../../../modules/host/index.js';
import { openVmClock, parseVmClock } from '../../../modules/host/linux/vm-clock.js';
import { type VmClock, VmGenerationWatch } from '../../../modules/host/vm-generation-watch.js';

interface Page {
  magic?: string;
  version?: number;
  disruption?: bigint;
  flags?: bigint;
  generation?: bigint;
}

const COUNTS = 1n << 8n;
const NOTIFIES = 1n << 9n;

/** struct vmclock_abi, without the fields that tell the time. */
function page({
  magic = 'VCLK',
  version = 1,
  disruption = 1n,
  flags = COUNTS,
  generation = 1n,
}: Page): Buffer {
  const bytes = Buffer.alloc(112);
  bytes.write(magic, 0, 'latin1');
  bytes.writeUInt32LE(4096, 4);
  bytes.writeUInt16LE(version, 8);
  bytes.writeUInt32LE(8, 12); // an even sequence count: not being updated
  bytes.writeBigUInt64LE(disruption, 16);
  bytes.writeBigUInt64LE(flags, 24);
  bytes.writeBigUInt64LE(generation, 104);
  return bytes;
}

function watching(t: TestContext, vmClock: VmClock) {
  const clock = new VirtualClock();
  const eventhandler = new EventHandlerRegistry();
  const warnings: string[] = [];
  const watch = new VmGenerationWatch({
    vmClock,
    list: eventhandler.defineList('vm_generation_event'),
    count: new Sysctl().counter('host.vm_generations', ''),
    callout: (name, fn) => clock.callout(name, fn),
    log: new Log((record) => void (record.level === 'warning' && warnings.push(record.message)), clock),
  });
  t.after(() => watch[Symbol.dispose]());
  const seen = { events: 0 };
  eventhandler.register('vm_generation_event', () => void seen.events++);
  return { clock, seen, watch, warnings };
}

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'carpet-vmclock-'));
  t.after(() => rmSync(path, { recursive: true }));
  return path;
}

test('the page is read as the header has it', () => {
  const told = page({ disruption: 7n, generation: 9n, flags: COUNTS | NOTIFIES });
  assert.deepEqual(parseVmClock(told), { disruptionMarker: 7n, vmGenerationCounter: 9n, notifies: true });
  // An older page ends before the counter, and one without the flag only looks as if it had one.
  assert.deepEqual(parseVmClock(told.subarray(0, 104))?.vmGenerationCounter, undefined);
  assert.deepEqual(parseVmClock(page({ flags: 0n }))?.vmGenerationCounter, undefined);
  for (const other of [page({ magic: 'KLCV' }), page({ version: 2 }), told.subarray(0, 103), Buffer.alloc(0)])
    assert.equal(parseVmClock(other), undefined);
});

test('a device that does not notify is looked at every second', async (t) => {
  const path = folder(t);
  writeFileSync(join(path, 'vmclock0'), 'no such page');
  const device = join(path, 'vmclock1');
  writeFileSync(device, page({}));
  using vmClock = openVmClock(path)!;
  const { clock, seen, warnings } = watching(t, vmClock);
  await clock.advance(10_000);
  assert.equal(seen.events, 0);
  writeFileSync(device, page({ disruption: 2n })); // live migration
  await clock.advance(1000);
  assert.equal(seen.events, 1);
  writeFileSync(device, page({ disruption: 3n, generation: 2n })); // a snapshot was loaded: one event
  await clock.advance(1000);
  assert.equal(seen.events, 2);
  await clock.advance(10_000);
  assert.equal(seen.events, 2);
  writeFileSync(device, '');
  await clock.advance(1000);
  assert.match(warnings[0]!, /vmclock device is not readable/);
  writeFileSync(device, page({ disruption: 4n }));
  await clock.advance(1000);
  assert.equal(seen.events, 3);
});

test('what says that it notifies, and cannot be polled, is looked at as well', async (t) => {
  const path = folder(t);
  const device = join(path, 'vmclock0');
  writeFileSync(device, page({ flags: NOTIFIES })); // epoll refuses a regular file, and a driver of Linux 6.13
  using vmClock = openVmClock(path)!;
  const { clock, seen } = watching(t, vmClock);
  writeFileSync(device, page({ flags: NOTIFIES, disruption: 2n }));
  await clock.advance(1000);
  assert.equal(seen.events, 1);
});

test('a device that notifies is read when it does, and else left alone', async (t) => {
  const told = { page: page({ flags: COUNTS | NOTIFIES }), reads: 0, fails: false };
  let changed!: () => void;
  let watched = true;
  const { clock, seen, watch } = watching(t, {
    read: () => {
      told.reads++;
      if (told.fails) throw new Error('ETIMEDOUT');
      return parseVmClock(told.page)!;
    },
    watch: (fn) => {
      changed = fn;
      return { [Symbol.dispose]: () => void (watched = false) };
    },
  });
  await clock.advance(10_000);
  assert.equal(told.reads, 1);
  changed(); // the clock was adjusted, nothing more
  assert.deepEqual([told.reads, seen.events], [2, 0]);
  told.page = page({ flags: COUNTS | NOTIFIES, generation: 2n });
  changed();
  assert.equal(seen.events, 1);

  told.fails = true;
  changed();
  assert.equal(watched, false, 'what cannot be read would notify for ever');
  told.fails = false;
  told.page = page({ generation: 3n });
  await clock.advance(1000);
  assert.equal(seen.events, 2);
  watch[Symbol.dispose]();
  const { reads } = told;
  await clock.advance(10_000);
  assert.equal(told.reads, reads);
});

test('a machine without the device has none', (t) => {
  assert.equal(openVmClock(folder(t)), undefined);
});
