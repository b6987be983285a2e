/** carpet beside the real keepalived: with one number for vhid and virtual router, and with two. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { needs } from '../support/needs.js';
import { CarpetCarp } from './support/carpet-carp.js';
import { type Capture, elapse, Laboratory } from './support/index.js';

const skip = needs('root', 'netns', 'program:ip', 'program:tcpdump', 'program:keepalived');

interface Neighbours {
  readonly carpet: CarpetCarp;
  /** What keepalived sends. */
  readonly adverts: Capture;
  /** When carpet became MASTER, milliseconds since the epoch. */
  readonly since: number;
}

/** keepalived is MASTER of virtual router 7 when carpet starts with this vhid. */
async function side(t: TestContext, vhid: number, version: number): Promise<Neighbours> {
  const lab = Laboratory.open(t);
  const router = lab.host('router', { addresses: ['10.88.0.9/24'], ipv6: false });
  const folder = mkdtempSync(join(tmpdir(), 'carpet-lab-'));
  t.after(() => rmSync(folder, { recursive: true }));
  writeFileSync(
    join(folder, 'keepalived.conf'),
    `global_defs {\n vrrp_version ${version}\n}
vrrp_instance V {\n state MASTER\n interface eth0\n virtual_router_id 7\n priority 100\n advert_int 1
 virtual_ipaddress { 10.88.0.200/32 dev eth0 }\n}\n`,
  );
  const adverts = await lab.capture('proto 112 and src 10.88.0.9');
  const pids = ['-p', join(folder, 'main.pid'), '-r', join(folder, 'vrrp.pid')];
  router.spawn(['keepalived', '-n', '-P', '-f', join(folder, 'keepalived.conf'), ...pids]);
  await adverts.waitFor('keepalived to be MASTER', 8000, () => true);
  const host = lab.host('host', { addresses: ['10.88.0.1/24'], ipv6: false });
  const settings = { ifname: 'eth0', vhid, password: 'secret', addresses: ['10.88.0.100/24'] };
  const carpet = new CarpetCarp(host, [settings]);
  const { time: since } = await carpet.reaches('MASTER', 8000);
  return { carpet, adverts, since };
}

const warnings = ({ program }: CarpetCarp): string[] =>
  program.matching(/VRRP router/).map(({ text }) => text);

describe('beside keepalived', { skip, concurrency: 2 }, () => {
  for (const version of [2, 3]) {
    it(`VRRPv${version} of the same number: keepalived falls silent, and carpet has said so`, async (t) => {
      const { carpet, adverts, since } = await side(t, 7, version);
      await elapse(4500);
      // The reason for the warning: any packet with its id puts off a keepalived's own advertisement. One may have been
      // due before ours came; of the three that follow, by the capture's own clock, one is sent at most.
      const later = adverts.frames.filter(({ time }) => time > since + 1100);
      assert.ok(later.length <= 1, `${later.length} advertisements from 1.1 to 4.5 s on`);
      assert.equal(warnings(carpet).length, 1, carpet.program.text);
      assert.match(
        warnings(carpet)[0]!,
        /7@eth0: the VRRP router 10\.88\.0\.9 has this vhid's number: .*another number/,
      );
    });
  }

  it('VRRP of another number: nobody minds, and its packets are not read', async (t) => {
    const { carpet, adverts } = await side(t, 8, 3);
    const known = adverts.frames.length;
    await elapse(3500);
    assert.ok(adverts.frames.length - known >= 3);
    assert.deepEqual(warnings(carpet), []);
    const { statistics } = (await carpet.status()) as unknown as { statistics: Record<string, number> };
    assert.deepEqual([statistics['ipackets'], statistics['vrrp']], [0, 0]);
  });
});
