/** The ucarp module on a virtual LAN; its scripts are real processes. */
import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Kernel, type LogRecord, seededRandom, VirtualClock } from '../../../core/index.js';
import { Lan, LanDriver } from '../../../modules/ifnet/lan/index.js';
import { UcarpModule, type UcarpSettings } from '../../../modules/ucarp/index.js';

const GIVEN: UcarpSettings = { srcip: '10.0.0.1', addr: '10.0.0.100', vhid: 7, password: 'secret' };

async function host(t: TestContext) {
  const clock = new VirtualClock();
  const records: LogRecord[] = [];
  const kernel = new Kernel({ clock, random: seededRandom(1), log: (record) => records.push(record) });
  t.after(() => kernel.shutdown());
  const driver = await kernel.load(LanDriver, { lan: new Lan({ clock, random: seededRandom(1) }) });
  const eth0 = driver.create({ name: 'eth0', lladdr: '02:00:00:00:00:01', addresses: ['10.0.0.1/24'] });
  driver.create({ name: 'eth1', lladdr: '02:00:00:00:00:02', addresses: ['10.1.0.1/24'] });
  const lines = (): string[] =>
    records.filter(({ module }) => module === 'ucarp').map(({ message }) => message);
  return { kernel, clock, eth0, lines };
}

/** A script that appends its arguments to a file. */
function recorder(t: TestContext): { file: string; runs: () => string[] } {
  const folder = mkdtempSync(join(tmpdir(), 'carpet-ucarp-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const [file, out] = [join(folder, 'script'), join(folder, 'runs')];
  writeFileSync(file, `#!/bin/sh\necho "$@" >> ${out}\n`);
  chmodSync(file, 0o755);
  writeFileSync(out, '');
  return { file, runs: () => readFileSync(out, 'utf8').trim().split('\n') };
}

test('becomes MASTER alone on the network, with the lines of ucarp', async (t) => {
  const { kernel, clock, lines } = await host(t);
  const ucarp = await kernel.load(UcarpModule, GIVEN);
  assert.equal(ucarp.ifname, 'eth0', 'found by its address');
  await clock.advance(4000);
  ucarp.logState();
  assert.deepEqual(lines(), [
    'Warning: no script called when going up',
    'Warning: no script called when going down',
    'Local advertised ethernet address is [02:00:00:00:00:01]',
    'Switching to state: BACKUP',
    'Switching to state: MASTER',
    'MASTER on eth0 id 7',
  ]);
});

test('runs the scripts with interface, address as written, and xparam; the last one when it is unloaded', async (t) => {
  const { kernel, clock } = await host(t);
  const up = recorder(t);
  const down = recorder(t);
  const scripts = { upscript: up.file, downscript: down.file, xparam: 'a b' };
  await kernel.load(UcarpModule, { ...GIVEN, ...scripts, neutral: true, shutdown: true });
  await clock.advance(4000);
  await kernel.unload('ucarp');
  assert.deepEqual(up.runs(), ['eth0 10.0.0.100 a b']);
  assert.deepEqual(down.runs(), ['eth0 10.0.0.100 a b'], 'neutral: none at the start');
});

test('demote hands over, ignores the network for three seconds, and comes back when nobody takes over', async (t) => {
  const { kernel, clock, lines } = await host(t);
  const ucarp = await kernel.load(UcarpModule, GIVEN);
  await clock.advance(4000);
  ucarp.demote();
  assert.equal(lines().at(-1), 'Switching to state: BACKUP');
  await clock.advance(5999);
  assert.equal(lines().at(-1), 'Switching to state: BACKUP');
  await clock.advance(1);
  assert.equal(lines().at(-1), 'Switching to state: MASTER');
});

test('reports that its interface has departed', async (t) => {
  const { kernel, eth0 } = await host(t);
  const { interfaceLost } = await kernel.load(UcarpModule, GIVEN);
  eth0.destroy();
  await interfaceLost;
});

const refused: [what: string, settings: object, error: RegExp][] = [
  ['no settings', {}, /settings\.srcip: .*settings\.addr: /],
  ['a vhid out of range', { ...GIVEN, vhid: 256 }, /settings\.vhid: must be a whole number from 1 to 255/],
  [
    'a network for a host',
    { ...GIVEN, addr: '224.0.0.1' },
    /settings\.addr: must be the IPv4 address of a host/,
  ],
  ['IPv6', { ...GIVEN, srcip: 'fe80::1' }, /settings\.srcip: must be the IPv4 address/],
  ['one address for both', { ...GIVEN, addr: '10.0.0.1' }, /addr and srcip are the same/],
  ['a group that is none', { ...GIVEN, mcast: '10.0.0.2' }, /settings\.mcast: must be an IPv4 multicast/],
  ['an unknown setting', { ...GIVEN, advskw: 1 }, /settings\.advskw: /],
  ['a flag as a text', { ...GIVEN, preempt: 'yes' }, /settings\.preempt: must be true or false/],
  [
    'an interface that is not there',
    { ...GIVEN, interface: 'eth9' },
    /no interface eth9 .*there are eth0, eth1/,
  ],
  [
    'an interface without srcip',
    { ...GIVEN, interface: 'eth1' },
    /eth1 does not have the address 10\.0\.0\.1/,
  ],
  [
    'a srcip that no interface has',
    { ...GIVEN, srcip: '10.0.0.9' },
    /no interface has the address 10\.0\.0\.9/,
  ],
];
for (const [what, settings, error] of refused)
  test(`refused: ${what}`, async (t) => {
    const { kernel, lines } = await host(t);
    await assert.rejects(kernel.load(UcarpModule, settings), error);
    assert.deepEqual(lines(), [], 'an error is one line: no warning before it');
  });
