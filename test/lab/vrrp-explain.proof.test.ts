/**
 * `carpet explain` on advertisements of VRRP that were captured here: of the real keepalived and of carpet, which agree about
 * some virtual routers and differ about others, and of a forger. Every cause is named, in a file of tcpdump and live.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { needs } from '../support/needs.js';
import { elapse, Laboratory, type Program } from './support/index.js';
import { CARPET } from './support/pair.js';
import { UpgradedHost } from './support/upgrade.js';
import { Forger } from './support/vrrp-forger.js';

const skip = needs('root', 'netns', 'native', 'program:keepalived', 'program:tcpdump', 'program:ip');
const [OURS, THEIRS, FORGED] = ['10.88.0.1', '10.88.0.2', '10.88.0.3'];

interface Seen {
  readonly src: string;
  readonly family: 4 | 6;
  readonly checksum: string;
  readonly verdict: string;
}

/** One number each, with an address of its own: what keepalived is told, and what carpet is. Where they differ both are MASTER. */
const ROUTERS: Readonly<Record<number, { readonly keepalived: string; readonly carpet: string }>> = {
  7: { keepalived: 'version 3', carpet: 'version: 3' },
  8: { keepalived: 'version 3', carpet: 'checksum: rfc9568' },
  9: { keepalived: 'version 2', carpet: 'version: 3' },
  10: { keepalived: 'version 2', carpet: 'version: 2, interval: 2000' },
  11: {
    keepalived: 'version 2\n authentication {\n  auth_type PASS\n  auth_pass abc\n }',
    carpet: 'version: 2',
  },
};
/** That of the forger's router is what it names. */
const addressOf = (vrid: string): string => `10.88.0.${93 + Number(vrid)}`;

const keepalivedConf = Object.entries(ROUTERS)
  .map(
    ([vrid, { keepalived }]) =>
      `vrrp_instance V${vrid} {\n interface eth0\n virtual_router_id ${vrid}\n priority 100\n advert_int 1\n ${keepalived}\n virtual_ipaddress {\n  ${addressOf(vrid)}/24\n }\n}\n`,
  )
  .join('');

/** Of the eighth carpet has one address more. */
const routers = Object.entries(ROUTERS).map(([vrid, { carpet }]) => {
  const addresses = [addressOf(vrid), ...(vrid === '8' ? ['10.88.0.99'] : [])].map(
    (address) => `${address}/24`,
  );
  return `{ifname: eth0, vrid: ${vrid}, priority: 150, virtualMac: false, ${carpet}, addresses: [${addresses.join(', ')}]}`;
});

test('every cause is named, of keepalived, of carpet and of a forger', { skip }, async (t) => {
  const lab = Laboratory.open(t);
  const folder = mkdtempSync(join(tmpdir(), 'carpet-lab-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const [a, b, c] = [OURS, THEIRS, FORGED].map((address, i) =>
    lab.host(`h${i}`, { addresses: [`${address}/24`] }),
  );
  const file = join(folder, 'lab.pcap');
  const tcpdump = lab.switch.spawn(
    `tcpdump -i br0 -U -Z root -w ${file} proto 112 or ip6 proto 112`.split(' '),
  );
  await tcpdump.waitForLine(/listening on/, 5000);
  const watched = await lab.capture('ip proto 112');
  const live: Program = c!.node(CARPET, ['explain', '-i', 'eth0', '--json']);
  await live.waitForLine(/listening to eth0/, 20_000);

  const sixth = '{ifname: eth0, vrid: 7, addresses: ["fe80::5e:7/64"], virtualMac: false}';
  const carpet = new UpgradedHost(a!, [], t, [...routers, sixth]);
  await carpet.start();
  writeFileSync(join(folder, 'keepalived.conf'), keepalivedConf);
  const pids = ['-p', join(folder, 'main.pid'), '-r', join(folder, 'vrrp.pid')];
  b!.spawn(['keepalived', '-n', '-P', '-l', '-f', join(folder, 'keepalived.conf'), ...pids]);
  await watched.waitFor('keepalived', 20_000, (frame) => frame.ip?.source === THEIRS);
  for (const vrid of Object.keys(ROUTERS).map(Number))
    await watched.waitFor(
      `carpet's router ${vrid}`,
      15_000,
      ({ ip }) => ip?.source === OURS && ip.payload[1] === vrid,
    );
  await elapse(3500);
  using forger = new Forger(c!);
  for (const wrong of ['checksum', 'TTL'] as const)
    for (const version of [2, 3] as const) forger.say(version, wrong);
  await elapse(500);
  await carpet.program.end('SIGTERM');
  await elapse(1500);
  await tcpdump.end('SIGINT');
  await live.end('SIGINT');

  const explain = (...args: string[]): string => {
    const run = spawnSync(process.execPath, [CARPET, 'explain', ...args, file], { encoding: 'utf8' });
    assert.deepEqual([run.status, run.stderr], [0, '']);
    return run.stdout;
  };
  const objects = (lines: readonly string[]): Seen[] => lines.map((line) => JSON.parse(line) as Seen);
  const all = objects(explain('--json').trim().split('\n'));
  const heard = objects(live.lines.filter(({ stream }) => stream === 'stdout').map(({ text }) => text));
  /** What is said of the advertisements of a router that a host has sent. */
  const verdicts = (of: readonly Seen[], src: string, vrid: number, family = 4): string[] => [
    ...new Set(
      of
        .filter((each) => each.family === family && (family === 6 || each.src === src))
        .map(({ verdict }) => verdict)
        .filter((verdict) => verdict.includes(` router ${vrid}, `)),
    ),
  ];
  for (const [what, of] of [
    ['the file', all],
    ['live', heard],
  ] as const) {
    const has = (src: string, vrid: number, pattern: RegExp, family = 4): void => {
      const said = verdicts(of, src, vrid, family);
      assert.ok(
        said.some((verdict) => pattern.test(verdict)),
        `${what}: ${pattern} in\n${said.join('\n')}`,
      );
    };
    has(OURS, 7, /^vrrp: VRRPv3 router 7, priority 150, every 1 s, for 10\.88\.0\.100$/);
    has(OURS, 7, /^vrrp: VRRPv3 router 7, priority 100, every 1 s, for fe80::5e:7$/, 6);
    has(OURS, 7, /^vrrp: VRRPv3 router 7, priority 0, which stops/);
    has(THEIRS, 7, /^vrrp: VRRPv3 router 7, priority 100, every 1 s, for 10\.88\.0\.100$/);
    has(FORGED, 7, /^wrong checksum: by all of 3 rules: .*; vrrp: VRRPv2 router 7, priority 254/);
    has(FORGED, 7, /^wrong checksum: by all of 3 rules: .*; vrrp: VRRPv3 router 7, priority 254/);
    has(FORGED, 7, /^wrong ttl: 254 instead of 255.*; vrrp: VRRPv2 router 7/);
    has(FORGED, 7, /^wrong ttl: 254 instead of 255.*; vrrp: VRRPv3 router 7/);
    has(OURS, 8, /its checksum covers the message alone, as RFC 9568 has it: keepalived's and FRR's do not$/);
    // Of two that differ the one that spoke later is compared with the other.
    const differs = (vrid: number, ofTheirs: RegExp, ofOurs: RegExp): void => {
      const said = [...verdicts(of, THEIRS, vrid), ...verdicts(of, OURS, vrid)];
      const named = said.some((verdict) => ofTheirs.test(verdict) || ofOurs.test(verdict));
      assert.ok(named, `${what}: ${ofTheirs} or ${ofOurs} in\n${said.join('\n')}`);
    };
    differs(
      8,
      /^other addresses: it lacks 10\.88\.0\.99, compared with 10\.88\.0\.1: /,
      /^other addresses: it names 10\.88\.0\.99 too, compared with 10\.88\.0\.2: /,
    );
    differs(
      9,
      /^other version: 10\.88\.0\.1 speaks version 3: the two do not hear each other/,
      /^other version: 10\.88\.0\.2 speaks version 2: the two do not hear each other/,
    );
    differs(
      10,
      /^other interval: 10\.88\.0\.1 advertises every 2 s: with version 2 both ignore the other/,
      /^other interval: 10\.88\.0\.2 advertises every 1 s: with version 2 both ignore the other/,
    );
    differs(
      11,
      /^other authentication: password, and 10\.88\.0\.1 has none: set it alike on all hosts/,
      /^other authentication: none, and 10\.88\.0\.2 has password: set it alike on all hosts/,
    );
    has(THEIRS, 11, /with a password in clear text$/);
    const wrong = of.filter(({ checksum }) => checksum !== 'valid');
    assert.deepEqual([...new Set(wrong.map(({ src }) => src))], [FORGED], what);
  }

  const text = explain();
  assert.match(
    text,
    /\nVRRP router 7 over IPv4\n[^]*? 10\.88\.0\.1 is MASTER[^]*?\n {2}MASTER at the end: 10\.88\.0\.2\n {2}should be MASTER: 10\.88\.0\.2 \(/,
  );
  const given = explain('--vrid', '8', '-a', `${addressOf('8')}/24`, '--json');
  assert.match(given, /other addresses: it names 10\.88\.0\.99 too, compared with the list given/);
});
