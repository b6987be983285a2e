/** `carpet explain` on files: what it prints, and how it ends. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { carpFrame, pcapFile, pcapngFile, tagged } from '../../capture/support/files.js';
import { advertisement } from '../../carp/support/advertisement.js';
import { CARPET, carpet } from '../carpet.js';

const NOW = Date.UTC(2026, 10, 28, 12);
const VHID = { ifname: 'eth0', vhid: 1, password: 'secret', addresses: ['10.88.0.100/24'] };
const KEYS = 'time,family,src,dst,vhid,advbase,advskew,demote,counter,checksum,ttl,digest,verdict';

describe('carpet explain', () => {
  const folder = mkdtempSync(join(tmpdir(), 'carpet-explain-'));
  after(() => rmSync(folder, { recursive: true }));
  const file = (name: string, bytes: Uint8Array | string): string => {
    const path = join(folder, name);
    writeFileSync(path, bytes, { mode: 0o600 });
    return path;
  };
  const passfile = file('pass', 'secret\n');
  const frames = [
    carpFrame(advertisement(VHID, { counter: 2n ** 63n })),
    tagged(carpFrame(advertisement({ ...VHID, password: 'other' }), { source: 'fe80::2' }), 10),
    carpFrame(advertisement(VHID, { counter: 2n ** 63n + 1n }), { ttl: 3 }),
    carpFrame(Buffer.from('313d9601006442910a58008c', 'hex'), { source: '10.88.0.1' }),
    carpFrame(new Uint8Array(5)),
  ];
  const packets = frames.map((bytes, i) => ({ time: NOW + i * 1000, bytes }));
  const known = ['-o', passfile, '-a', '10.88.0.100/24', '-v', '1'];

  it('prints one object a packet of protocol 112, with these members in this order', () => {
    const arp = { time: NOW, bytes: new Uint8Array(60) };
    const { status, stdout, stderr } = carpet([
      'explain',
      ...known,
      '--json',
      file('a.pcap', pcapFile([arp, ...packets])),
    ]);
    assert.deepEqual([status, stderr], [0, '']);
    const objects = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    assert.equal(objects.length, 5);
    for (const object of objects) assert.equal(Object.keys(object).join(), KEYS);
    assert.deepEqual(objects[0], {
      time: NOW,
      family: 4,
      src: '10.88.0.2',
      dst: '224.0.0.18',
      vhid: 1,
      advbase: 1,
      advskew: 0,
      demote: 0,
      counter: '9223372036854775808',
      checksum: 'valid',
      ttl: 255,
      digest: 'valid',
      verdict: 'valid',
    });
    assert.deepEqual(
      objects.map(({ vhid, family, digest }) => [vhid, family, digest]),
      [
        [1, 4, 'valid'],
        [1, 6, 'invalid'],
        [1, 4, 'valid'],
        [61, 4, 'unchecked'],
        [null, 4, 'unchecked'],
      ],
    );
    assert.deepEqual(
      objects.map(({ verdict }) => String(verdict).split(':')[0]),
      ['valid', 'wrong password', 'wrong ttl', 'vrrp', 'malformed'],
    );
  });

  it('prints lines, and at the end who is MASTER; of pcapng, packed, from standard input', () => {
    const { stdout, status } = spawnSync(process.execPath, [CARPET, 'explain', ...known, '-'], {
      input: gzipSync(pcapngFile(packets)),
      encoding: 'utf8',
      env: { ...process.env, TZ: 'UTC' },
    });
    assert.equal(status, 0);
    const lines = stdout.split('\n');
    assert.equal(
      lines[0],
      '12:00:00.000 10.88.0.2 > 224.0.0.18 vhid 1 advbase 1 advskew 0 demote 0 ttl 255 checksum valid digest valid: valid',
    );
    assert.match(
      lines[1]!,
      /^12:00:01\.000 fe80::2 > ff02::12 vlan 10 vhid 1 .* digest invalid: wrong password/,
    );
    assert.match(stdout, /\n\n1 valid, 1 wrong password, 1 wrong ttl, 1 vrrp, 1 malformed\n/);
    assert.match(stdout, /\nvhid 1 over IPv4\n {2}12:00:00\.000 10\.88\.0\.2 is MASTER: the first seen\n/);
    assert.match(stdout, /\n {2}MASTER at the end: 10\.88\.0\.2\n {2}should be MASTER: 10\.88\.0\.2 \(/);
  });

  it('explains VRRP with --vrid: what is wrong first, and who should be MASTER', () => {
    const said = (host: number, hex: string, at: number, ttl = 255) => ({
      time: NOW + at,
      bytes: carpFrame(Buffer.from(hex, 'hex'), { source: `10.88.0.${host}`, ttl }),
    });
    // keepalived's: priority 150 for 10.88.0.140.
    const right = '313d9601006442910a58008c';
    const capture = pcapFile([said(1, right, 0), said(1, right, 1000), said(1, right, 2000, 3)]);
    const { status, stdout } = carpet([
      'explain',
      '--vrid',
      '61',
      '-a',
      '10.88.0.141/24',
      file('v.pcap', capture),
    ]);
    assert.equal(status, 0);
    const [first, , third] = stdout.split('\n');
    assert.match(
      first!,
      /checksum valid digest unchecked: other addresses: it lacks 10\.88\.0\.141, and it names 10\.88\.0\.140 too, compared with the list given: .*; vrrp: VRRPv3 router 61, priority 150, every 1 s, for 10\.88\.0\.140$/,
    );
    assert.match(third!, /: wrong ttl: 3 instead of 255.*; vrrp: /);
    assert.match(stdout, /\n2 other addresses, 1 wrong ttl\n/);
    assert.match(
      stdout,
      /\nVRRP router 61 over IPv4\n {2}.* 10\.88\.0\.1 is MASTER: the first seen\n {2}MASTER at the end: 10\.88\.0\.1\n {2}should be MASTER: 10\.88\.0\.1 \(priority 150, every 1 s\), the only one that advertises\n/,
    );
  });

  it('names every cause in a capture of genuine ucarps, a keepalived, a carpet and a forger', () => {
    // Recorded by test/lab/explain.test.ts, which makes one like it each time.
    const recorded = fileURLToPath(
      new URL('../../../../../test/modules/cli/explain/fixtures/lab.pcap', import.meta.url),
    );
    const causes = (...args: string[]): Map<string, string[]> => {
      const { status, stdout } = carpet(['explain', '--json', '-o', passfile, ...args, recorded]);
      assert.equal(status, 0);
      const found = new Map<string, Set<string>>();
      for (const line of stdout.trim().split('\n')) {
        const { src, family, verdict } = JSON.parse(line) as { src: string; family: number; verdict: string };
        const name = family === 6 ? 'IPv6' : src;
        found.set(name, (found.get(name) ?? new Set()).add(verdict.split(':')[0]!));
      }
      return new Map([...found].map(([name, kinds]) => [name, [...kinds].toSorted()]));
    };
    const one = causes('-v', '1', '-a', '10.88.0.100/24');
    assert.deepEqual(one.get('10.88.0.9'), ['vrrp clash']);
    assert.deepEqual(one.get('10.88.0.2'), ['altered', 'looped', 'replayed', 'valid', 'wrong ttl']);
    const all = causes('-a', '10.88.0.100/24', '-a', '10.88.0.101/24', '-a', 'fd00::100/64');
    assert.deepEqual(all.get('10.88.0.2'), ['other addresses', 'wrong ttl']);
    assert.deepEqual(all.get('10.88.0.3'), ['wrong password']);
    assert.deepEqual([all.get('IPv6'), all.get('10.88.0.1')], [['valid'], ['replayed', 'valid']]);
    assert.deepEqual(causes('-v', '4', '-a', '10.88.0.100/24').get('10.99.0.4'), ['wrong prefix']);
  });

  it('says of a vhid or a virtual router that is asked for, and not there, which ones are', () => {
    const capture = file('n.pcap', pcapFile(packets));
    const stderr = (...args: string[]): string => {
      const run = carpet(['explain', ...args]);
      assert.equal(run.status, 0);
      return run.stderr;
    };
    const none = (what: string) => `carpet: no advertisement of ${what} was seen; `;
    assert.equal(stderr('-v', '9', capture), `${none('vhid 9')}there is 1\n`);
    assert.equal(stderr('-v', '9', '--json', capture), `${none('vhid 9')}there is 1\n`);
    assert.equal(stderr('--vrid', '9', capture), `${none('VRRP router 9')}there is 61\n`);
    assert.equal(stderr('-v', '1', '--vrid', '61', capture), '');
    assert.equal(stderr('-v', '9', file('o.pcap', pcapFile([]))), `${none('vhid 9')}nor any other\n`);
  });

  it('explains what stands before a damaged place, and ends with 2', () => {
    const damaged = file('b.pcap', pcapFile(packets).subarray(0, -3));
    const { status, stdout, stderr } = carpet(['explain', '--json', damaged]);
    assert.equal(status, 2);
    assert.equal(stdout.trim().split('\n').length, 4);
    assert.match(stderr, /^carpet: .*b\.pcap: byte \d+: the file ends within a packet\n$/);
    assert.equal(carpet(['explain', file('c', 'no capture at all')]).status, 2);
    assert.equal(carpet(['explain', file('d', gzipSync(pcapFile(packets)).subarray(0, 50))]).status, 2);
    assert.equal(carpet(['explain', file('e', '')]).status, 2);
  });

  it('refuses mistakes with 1', () => {
    const good = file('f.pcap', pcapFile(packets));
    const mistakes: readonly (readonly [string[], RegExp])[] = [
      [[], /give a capture file, or an interface with -i/],
      [[good, '-i', 'lo'], /give a capture file, or an interface/],
      [[join(folder, 'missing')], /cannot read .*missing: ENOENT/],
      [[folder], /cannot read .*: EISDIR/],
      [['-a', '10.0', good], /10\.0/],
      [['-v', '256', good], /whole number from 1 to 255/],
      [['-o', join(folder, 'missing'), good], /cannot read the password file/],
    ];
    for (const [args, message] of mistakes) {
      const { status, stdout, stderr } = carpet(['explain', ...args]);
      assert.deepEqual([status, stdout], [1, ''], args.join(' '));
      assert.match(stderr, message);
    }
  });
});
