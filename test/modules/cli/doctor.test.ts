/** `carpet doctor`: how it ends where it cannot examine anything. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { findVhids } from '../../../modules/cli/doctor/vhids.js';
import { carpet } from './carpet.js';

it('refuses mistakes with 1, and says what would help', () => {
  const mistakes: readonly (readonly [string[], RegExp])[] = [
    [['-v', '1'], /give one interface with -i for --vhid/],
    [['-i', 'eth0', '-i', 'eth1', '-v', '1'], /give one interface with -i/],
    [['-f', '/nonexistent.yaml'], /nonexistent/],
    [['--seconds', '0'], /whole number from 1 to 300/],
    [['-a', 'x'], /'x'|x is no/],
  ];
  for (const [args, message] of mistakes) {
    const { status, stderr } = carpet(['doctor', ...args]);
    assert.equal(status, 1, `${args.join(' ')}: ${stderr}`);
    assert.match(stderr, message);
  }
});

it('takes every password of a vhid from the settings file', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'carpet-doctor-'));
  const file = join(folder, 'carpet.yaml');
  for (const name of ['now', 'next', 'former'])
    writeFileSync(join(folder, name), `${name}\n`, { mode: 0o600 });
  const heard = 'passwords: [{passwordFile: next}, {passwordFile: former}]';
  const vhid = `{ifname: eth0, vhid: 1, passwordFile: now, ${heard}, addresses: [10.0.0.1/24]}`;
  writeFileSync(file, `modules: {carp: {vhids: [${vhid}]}}\n`, { mode: 0o600 });
  const { vhids } = await findVhids({ interface: [], addr: [], passfile: [], probes: true, file });
  rmSync(folder, { recursive: true });
  const texts = [vhids[0]!.key!, ...vhids[0]!.heardKeys!].map((key) => new TextDecoder().decode(key));
  assert.deepEqual(texts, ['now', 'next', 'former']);
});

it('takes virtual routers from the settings file beside vhids', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'carpet-doctor-'));
  const file = join(folder, 'carpet.yaml');
  const routers =
    '{ifname: eth0, vrid: 7, version: 2, interval: 3000, addresses: [10.0.0.1/24]}, {ifname: eth0, vrid: 7, addresses: ["fe80::7/64"], peers: ["fe80::2"]}';
  writeFileSync(file, `modules: {vrrp: {routers: [${routers}]}}\n`, { mode: 0o600 });
  const { vhids } = await findVhids({ interface: [], addr: [], passfile: [], probes: true, file });
  rmSync(folder, { recursive: true });
  assert.deepEqual(
    vhids.map(({ router, advbase, peers }) => [router, advbase, peers.map(String)]),
    [
      [{ name: '7@eth0', version: 2, interval: 3000 }, 3, []],
      [{ name: '7v6@eth0', version: 3, interval: 1000 }, 1, ['fe80::2']],
    ],
  );
});

it('ends with 2 where the kernel that was named cannot be asked', () => {
  assert.equal(carpet(['doctor', '--socket', '/nonexistent.sock']).status, 2);
});
