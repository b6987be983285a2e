/**
 * `carpet up --replace`: an upgrade that no peer and no client notices, and one that fails, which they do not notice
 * either. CARPET_UPGRADES=50 makes as many upgrades as that in a row instead of two, and each failure more often.
 */
import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { needs } from '../support/needs.js';
import type { Fault } from './support/fault-module.js';
import { type Capture, elapse, Laboratory, type Namespace, type Program, wallTime } from './support/index.js';
import { CARPET } from './support/pair.js';
import { Requests } from './support/requests.js';
import { assertUnnoticed, seen, UpgradedHost } from './support/upgrade.js';

const skip = needs('root', 'netns', 'native', 'program:ip', 'program:ucarp', 'program:tcpdump');
const UPGRADES = Number(process.env['CARPET_UPGRADES'] ?? 2);
const FAILURES = Math.max(1, Math.round(UPGRADES / 25));
const SHARED = '10.88.0.100';

interface Scene {
  readonly master: UpgradedHost;
  readonly backup: UpgradedHost;
  readonly ucarp: Program;
  readonly capture: Capture;
}

/** A MASTER that is asked every 10 ms, with a carpet and a genuine ucarp behind it. */
async function scene(t: TestContext): Promise<Scene> {
  const lab = Laboratory.open(t);
  const vhid = (advskew: number) =>
    `{ifname: eth0, vhid: 1, passwordFile: pass, addresses: [${SHARED}/24], advskew: ${advskew}, preempt: true}`;
  const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((role, i) => {
    const host = lab.host(role, { addresses: [`10.88.0.${i + 1}/24`], ipv6: false });
    Requests.allowAnswers(host);
    return host;
  });
  const master = new UpgradedHost(a!, [vhid(0)], t);
  const backup = new UpgradedHost(b!, [vhid(100)], t);
  const capture = await lab.capture('proto 112 or icmp or udp', lab.switch, lab.port(d!));
  await master.start();
  await master.program.waitForLine(/-> MASTER/, 8000);
  await backup.start();
  const options = `-i eth0 -v 1 -p secret -a ${SHARED} -f none -s 10.88.0.3 -k 200 -u /bin/true -d /bin/true`;
  const ucarp = c!.spawn(['ucarp', ...options.split(' ')]);
  const client = new Requests(d!, SHARED);
  await client.answered(3000);
  await elapse(1500);
  return { master, backup, ucarp, capture };
}

/** Runs `act`, and holds that neither peers nor clients have noticed. */
async function unnoticed({ backup, ucarp, capture }: Scene, act: () => Promise<void>): Promise<void> {
  const lines = [backup.program.lines.length, ucarp.lines.length];
  const from = capture.where((frame) => frame.advertisement !== undefined).at(-1)!.time;
  await act();
  await elapse(1300);
  assertUnnoticed(seen(capture, from, wallTime() - 50, '10.88.0.1', SHARED));
  const said = (program: Program, from = 0) => program.lines.slice(from).map(({ text }) => text);
  assert.deepEqual(
    said(backup.program, lines[0]).filter((line) => / carp: /.test(line)),
    [],
  );
  assert.deepEqual(said(ucarp, lines[1]), []);
}

/** What a new version does wrong, and what the old one says of it. */
const FAULTS: readonly (readonly [fault: Fault, said: RegExp])[] = [
  ['throws', /goes on: .*broken/],
  ['exits', /goes on: it has ended/],
  ['is killed', /goes on: it has ended/],
  ['fails to take over', /goes on: .*no room/],
  ['hangs in the last step', /goes on: it did not begin within 100 ms/],
  ['is stopped in the last step', /goes on: it did not begin within 100 ms/],
  ['is stopped', /goes on: it has ended/],
];

/** The old one goes on as if nothing had happened, and can be replaced afterwards. */
async function failInEveryWay(all: Scene): Promise<void> {
  const { master } = all;
  await unnoticed(all, async () => {
    for (const [fault, said] of Array.from({ length: FAILURES }, () => FAULTS).flat()) {
      const from = master.program.lines.length;
      const next = master.spawn({ FAULT: fault }, '--replace');
      if (fault === 'is stopped') {
        await master.program.waitForLine(/prepares to take over/, 10_000, from);
        await elapse(500);
      }
      if (fault.startsWith('is stopped in')) await master.program.waitForLine(said, 10_000, from);
      if (fault.startsWith('is stopped')) next.kill('SIGKILL');
      await master.program.waitForLine(said, 10_000, from);
      const { code } = await next.exited;
      assert.notEqual(code, 0, `${fault}: ${next.text}`);
      assert.equal(next.matching(/taken over from the former process/).length, 0, next.text);
    }
    writeFileSync(`${master.file}.bad`, 'modules: {carp: {vhids: [{vhid: 999}]}}\n');
    const wrong = master.namespace.node(CARPET, ['up', '--replace', '-f', `${master.file}.bad`]);
    assert.equal((await wrong.exited).code, 1, wrong.text);
    master.write(`${master.file}.bad`, []);
    const without = master.namespace.node(CARPET, ['up', '--replace', '-f', `${master.file}.bad`]);
    await without.exited;
    assert.match(
      without.text,
      /the settings lack 1@eth0, which runs: remove it with carpet config apply first/,
    );
  });
  assert.deepEqual(await master.states(), ['1@eth0 MASTER']);
  await bringModulesLoadedByHand(master);
}

/** One of carpet's and one of a file come over; the old process goes on as long as the file is missing. */
async function bringModulesLoadedByHand(master: UpgradedHost): Promise<void> {
  const file = join(master.folder, 'pager.mjs');
  const core = new URL('../../core/index.js', import.meta.url).href;
  const code = `import { Module } from '${core}';\nexport class Pager {}\nModule({ name: 'pager' })(Pager);\n`;
  writeFileSync(file, code);
  for (const module of ['trace', file]) {
    const { code: status, text } = await master.carpet('kldload', module);
    assert.equal(status, 0, text);
  }
  rmSync(file);
  const failing = master.spawn({}, '--replace');
  assert.equal((await failing.exited).code, 2);
  assert.match(
    failing.text,
    /pager, which was loaded by hand, cannot be loaded here, so unload it first \(carpet kldunload pager\)/,
  );
  writeFileSync(file, code);
  await master.replace();
  const { text } = await master.carpet('kldstat');
  for (const name of ['trace', 'pager']) assert.match(text, new RegExp(`^${name} `, 'm'));
}

test(`a MASTER is upgraded ${UPGRADES} times, and in between new versions fail: nobody notices`, {
  skip,
}, async (t) => {
  const all = await scene(t);
  const env = { CARPET_SOCKET: all.master.socket };
  const tap = all.master.namespace.node(CARPET, ['tap', 'carp_advertise_event'], { env });
  await tap.waitForLine(/carp_advertise_event/, 10_000);
  await unnoticed(all, async () => {
    for (let i = 0; i < UPGRADES; i++) {
      const asking = all.master.carpet('carp');
      await all.master.replace();
      assert.equal((await asking).code, 0, (await asking).text);
      assert.deepEqual(await all.master.states(), ['1@eth0 MASTER']);
    }
  });
  await tap.waitForLine(/the kernel was replaced; this is the new one/, 10_000);
  await tap.waitForLine(/carp_advertise_event/, 10_000, tap.lines.length);
  await failInEveryWay(all);
  const from = all.backup.program.lines.length;
  await all.master.program.end('SIGTERM');
  await all.backup.program.waitForLine(/BACKUP -> MASTER /, 1000, from);
  assert.ok(!all.master.namespace.ip('address', 'show', 'dev', 'eth0').includes(SHARED));
});

/** Who advertises a vhid, as the capture writes it. */
function sourceOf(capture: Capture, vhid: number, family: number): string {
  const frame = capture.where(
    ({ advertisement, ip }) => advertisement?.vhid === vhid && ip!.source.includes(':') === (family === 6),
  )[0];
  return frame!.ip!.source;
}

function sharedAddresses(host: Namespace): string[] {
  return host
    .ip('-o', 'address')
    .split('\n')
    .filter((line) => /::10[02]|0\.10[02]/.test(line));
}

test('a virtual MAC, IPv6 and a BACKUP are upgraded: nobody notices', { skip }, async (t) => {
  const lab = Laboratory.open(t);
  const vhids = (advskew: number): string[] => [
    `{ifname: eth0, vhid: 2, passwordFile: pass, addresses: [10.88.0.102/24, "fd00::102/64"], advskew: ${advskew}}`,
    `{ifname: eth0, vhid: 3, passwordFile: pass, addresses: [${SHARED}/24, "fd00::100/64"], virtualMac: service, advskew: ${advskew}}`,
  ];
  const [a, b, d] = ['a', 'b', 'd'].map((role, i) => {
    const host = lab.host(role, { addresses: [`10.88.0.${i + 1}/24`, `fd00::${i + 1}/64`] });
    Requests.allowAnswers(host);
    return host;
  });
  const master = new UpgradedHost(a!, vhids(0), t);
  const backup = new UpgradedHost(b!, vhids(100), t);
  const capture = await lab.capture('proto 112 or icmp or udp or ip6 proto 112', lab.switch, lab.port(d!));
  await master.start();
  await master.program.waitForLine(/3@eth0: BACKUP -> MASTER/, 8000);
  await backup.start();
  const client = new Requests(d!, SHARED);
  await client.answered(5000);
  await elapse(1500);
  const before = sharedAddresses(a!);
  const link = a!.ip('-o', 'link');
  const from = wallTime();
  for (let i = 0; i < (UPGRADES > 2 ? 10 : 1); i++) {
    await backup.replace();
    await master.replace();
  }
  await elapse(1300);
  const to = wallTime() - 50;
  for (const vhid of [2, 3])
    for (const family of [4, 6])
      assertUnnoticed(seen(capture, from, to, sourceOf(capture, vhid, family), SHARED, vhid));
  assert.deepEqual(sharedAddresses(a!), before);
  assert.equal(a!.ip('-o', 'link'), link);
  assert.deepEqual(await backup.states(), ['2@eth0 BACKUP', '3@eth0 BACKUP']);
  await master.program.end('SIGTERM');
  assert.ok(!a!.ip('address').includes(SHARED));
  assert.ok(!a!.ip('-o', 'link').includes('carp3-'));
  assert.equal(a!.exec('sysctl', '-n', 'net.ipv4.conf.eth0.arp_ignore').trim(), '0');
});
