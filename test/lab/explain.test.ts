/**
 * `carpet explain` on a capture made here: genuine ucarps and a keepalived, carpets that seal, and a forger. Every cause is
 * named, in a file of tcpdump and live.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { storeChecksum } from '../../modules/carp/wire/header.js';
import { internetChecksum } from '../../modules/ifnet/index.js';
import { tagged } from '../modules/capture/support/files.js';
import { needs } from '../support/needs.js';
import { CarpetCarp } from './support/carpet-carp.js';
import { elapse, type Frame, Laboratory, type Namespace, type Program } from './support/index.js';
import { CARPET } from './support/pair.js';
import { Wiretap } from './support/wiretap.js';

const skip = needs(
  'root',
  'netns',
  'native',
  'program:ucarp',
  'program:keepalived',
  'program:tcpdump',
  'program:ip',
);

interface Object112 {
  readonly time: number;
  readonly src: string;
  readonly vhid: number | null;
  readonly family: 4 | 6;
  readonly digest: string;
  readonly verdict: string;
}

function ucarp(host: Namespace, source: string, shared: string, vhid: number, password = 'secret'): void {
  const options = `-i eth0 -v ${vhid} -p ${password} -a ${shared} -s ${source} -f none`;
  host.spawn(['ucarp', ...options.split(' ')]);
}

function keepalived(t: TestContext, host: Namespace, id: number): void {
  const folder = mkdtempSync(join(tmpdir(), 'carpet-lab-'));
  t.after(() => rmSync(folder, { recursive: true }));
  writeFileSync(
    join(folder, 'keepalived.conf'),
    `vrrp_instance V {\n state MASTER\n interface eth0\n virtual_router_id ${id}\n priority 100\n advert_int 1
 virtual_ipaddress { 10.88.0.200/32 dev eth0 }\n}\n`,
  );
  const pids = ['-p', join(folder, 'main.pid'), '-r', join(folder, 'vrrp.pid')];
  host.spawn(['keepalived', '-n', '-P', '-f', join(folder, 'keepalived.conf'), ...pids]);
}

/** A copy of a frame of CARP over IPv4, changed and made right again. */
function forged(frame: Frame, change: (bytes: Uint8Array) => void): Uint8Array {
  const bytes = frame.bytes.slice();
  change(bytes);
  storeChecksum(bytes.subarray(34, 70));
  bytes.fill(0, 24, 26);
  const sum = internetChecksum(bytes.subarray(14, 34));
  bytes.set([sum >> 8, sum & 0xff], 24);
  return bytes;
}

test('every cause is named', { skip }, async (t) => {
  const lab = Laboratory.open(t);
  const folder = mkdtempSync(join(tmpdir(), 'carpet-lab-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const [file, passfile] = [join(folder, 'lab.pcap'), join(folder, 'pass')];
  writeFileSync(passfile, 'secret\n', { mode: 0o600 });
  const host = (role: string, ...addresses: string[]): Namespace =>
    lab.host(role, { addresses, ipv6: false });

  const own = lab.host('own', { addresses: ['10.88.0.1/24', 'fd00::1/64'] });
  const tcpdump = lab.switch.spawn([
    'tcpdump',
    '-i',
    'br0',
    '-U',
    '-Z',
    'root',
    '-w',
    file,
    'proto 112 or ip6 proto 112 or vlan',
  ]);
  await tcpdump.waitForLine(/listening on/, 5000);
  const watched = await lab.capture('ip proto 112');
  const live: Program = own.node(CARPET, [
    'explain',
    '-i',
    'eth0',
    '-o',
    passfile,
    '-a',
    '10.88.0.100',
    '-v',
    '1',
    '--json',
  ]);
  await live.waitForLine(/listening to eth0/, 20_000);

  keepalived(t, host('router', '10.88.0.9/24'), 1);
  await watched.waitFor('keepalived', 20_000, (frame) => frame.ip?.source === '10.88.0.9');
  ucarp(host('right', '10.88.0.2/24'), '10.88.0.2', '10.88.0.100', 1);
  ucarp(host('password', '10.88.0.3/24'), '10.88.0.3', '10.88.0.100', 3, 'wrong');
  ucarp(host('network', '10.99.0.4/24'), '10.99.0.4', '10.99.0.100', 4);
  const carpet = new CarpetCarp(own, [
    {
      ifname: 'eth0',
      vhid: 2,
      password: 'secret',
      addresses: ['10.88.0.100/24', '10.88.0.101/24', 'fd00::100/64'],
    },
  ]);
  await carpet.reaches('MASTER', 20_000);
  const sent = (source: string, from = 0): Promise<Frame> =>
    watched.waitFor(
      source,
      8000,
      (frame) => frame.ip?.source === source && frame.advertisement !== undefined,
      from,
    );
  for (const source of ['10.88.0.2', '10.88.0.3', '10.99.0.4', '10.88.0.1']) await sent(source);

  const forger = host('forger', '10.88.0.66/24');
  using wire = new Wiretap(forger, 'eth0');
  const first = await sent('10.88.0.2');
  // One of now: what comes again later than half an interval is a replay.
  const second = await sent('10.88.0.2', watched.frames.length);
  wire.inject(second.bytes);
  await elapse(1300);
  wire.inject(first.bytes);
  wire.inject(forged(first, (bytes) => void (bytes[36] = 77)));
  wire.inject(forged(second, (bytes) => void (bytes[22] = 9)));
  wire.inject(tagged(first.bytes, 10));
  wire.inject((await sent('10.88.0.1')).bytes);
  await elapse(300);
  carpet.program.kill('SIGTERM');
  await carpet.program.exited;
  await watched.waitFor('the bow-out', 5000, (frame) => frame.advertisement?.advbase === 255);
  await elapse(1000);
  await tcpdump.end('SIGINT');
  await live.end('SIGINT');

  const explain = (...args: string[]): string => {
    const run = spawnSync(process.execPath, [CARPET, 'explain', '-o', passfile, ...args, file], {
      encoding: 'utf8',
    });
    assert.deepEqual([run.status, run.stderr], [0, '']);
    return run.stdout;
  };
  const objects = (text: string): Object112[] =>
    text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Object112);
  const verdicts = (of: readonly Object112[], source: string): string[] => [
    ...new Set(
      of.filter(({ src }) => src === source).map(({ verdict }) => verdict.replaceAll(/\d+\.\d m?s/g, 'N')),
    ),
  ];

  const one = objects(explain('--json', '-v', '1', '-a', '10.88.0.100/24'));
  const has = (of: readonly Object112[], source: string, pattern: RegExp): void =>
    assert.ok(
      verdicts(of, source).some((verdict) => pattern.test(verdict)),
      `${pattern} in\n${verdicts(of, source).join('\n')}`,
    );
  has(
    one,
    '10.88.0.9',
    /^vrrp clash: VRRPv2 router 1, priority 100, every 1 s, for 10\.88\.0\.200:.*another number$/,
  );
  has(one, '10.88.0.2', /^valid: a VRRP router has the number 1 too$/);
  has(one, '10.88.0.2', /^looped: the same packet came N earlier/);
  has(one, '10.88.0.2', /^replayed: it came before, N earlier$/);
  has(one, '10.88.0.2', /^altered: it is a copy of one N earlier, which said advskew 0$/);
  has(one, '10.88.0.2', /^wrong ttl: 9 instead of 255.*; (replayed|looped)/);
  // The last is that in the VLAN, where there is no router.
  assert.equal(verdicts(one, '10.88.0.2').length, 6, verdicts(one, '10.88.0.2').join('\n'));
  assert.deepEqual(verdicts(one, '10.88.0.3'), ['unchecked']);

  const all = objects(
    explain('--json', '-a', '10.88.0.100/24', '-a', '10.88.0.101/24', '-a', 'fd00::100/64'),
  );
  has(all, '10.88.0.1', /^valid: sealed$/);
  has(all, '10.88.0.1', /^valid: sealed; a bow-out/);
  has(all, '10.88.0.2', /^other addresses: the sender's list lacks 10\.88\.0\.101 and fd00::100:/);
  has(all, '10.88.0.3', /^wrong password: or an address/);
  const sixth = all.filter(({ family }) => family === 6);
  assert.ok(sixth.length >= 1 && sixth.every(({ digest }) => digest === 'valid'), JSON.stringify(sixth));

  const four = objects(explain('--json', '-v', '4', '-a', '10.88.0.100/24'));
  has(four, '10.99.0.4', /^wrong prefix: the sender has 10\.99\.0\.100 where 10\.88\.0\.100\/24 was given/);

  const text = explain('-v', '1', '-a', '10.88.0.100/24');
  assert.match(text, / vlan 10 vhid 1 .*: valid\n/);
  assert.match(text, /\nvhid 1 over IPv4 in VLAN 10\n/);
  assert.match(
    text,
    /\nvhid 2 over IPv4\n[^\n]* 10\.88\.0\.1 is MASTER: the first seen\n {2}MASTER at the end: nobody/,
  );

  const seen = live.lines
    .filter(({ stream }) => stream === 'stdout')
    .map(({ text: line }) => JSON.parse(line) as Object112);
  has(seen, '10.88.0.2', /^valid/);
  has(seen, '10.88.0.2', /^altered: /);
  has(seen, '10.88.0.1', /^looped: this host's own advertisement came back/);
  assert.ok(seen.every(({ time }) => Math.abs(time - Date.now()) < 60_000));
});
