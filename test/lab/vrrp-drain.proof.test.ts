/** A drain of a virtual router beside the real keepalived costs a client that asks every 10 ms nothing. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { needs } from '../support/needs.js';
import { elapse, Laboratory, type Namespace } from './support/index.js';
import { Requests } from './support/requests.js';
import { lostWhile, serve } from './support/service.js';
import { UpgradedHost } from './support/upgrade.js';
import { Keepalived, type RouterSetup } from './support/vrrp.js';

const skip = needs('root', 'netns', 'program:ip', 'program:keepalived');
const SHARED = '10.88.0.100';
const ROUNDS = 3;

interface Scene {
  readonly lab: Laboratory;
  readonly a: Namespace;
  readonly b: Namespace;
  readonly carpet: UpgradedHost;
  readonly keepalived: Keepalived;
}

/** `carpet up` with one virtual router that is preferred, and a keepalived; none is started. */
function scene(
  t: TestContext,
  { version, virtualMac = false }: Omit<RouterSetup, 'family' | 'priority'>,
): Scene {
  const lab = Laboratory.open(t);
  const [a, b] = ['a', 'b'].map((role, i) => {
    const host = lab.host(role, { addresses: [`10.88.0.${i + 1}/24`], ipv6: false });
    Requests.allowAnswers(host);
    return host;
  }) as [Namespace, Namespace];
  const carpet = new UpgradedHost(a, [], t, [
    `{ifname: eth0, vrid: 7, version: ${version}, priority: 150, addresses: [${SHARED}/24], virtualMac: ${virtualMac}}`,
  ]);
  const keepalived = new Keepalived(b, { version, family: 4, priority: 100, virtualMac });
  t.after(() => keepalived.dispose());
  return { lab, a, b, carpet, keepalived };
}

const holds = (host: Namespace): boolean => host.ip('address').includes(` ${SHARED}/24 `);
const isMaster = ({ carpet }: Scene, deadlineMs: number, from = 0): Promise<unknown> =>
  carpet.program.waitForLine(/7@eth0: BACKUP -> MASTER/, deadlineMs, from);

for (const [version, virtualMac] of [
  [3, false],
  [3, true],
  [2, false],
] as const) {
  const how = `version ${version}, ${virtualMac ? 'with' : 'without'} virtual MAC`;
  describe(`a drain beside keepalived: ${how}`, { skip }, () => {
    it('loses no request, and keepalived keeps the address until undrain', async (t) => {
      const here = scene(t, { version, virtualMac });
      const { lab, a, b, carpet, keepalived } = here;
      keepalived.start();
      await keepalived.becomes('MASTER', 9000);
      await carpet.start();
      await isMaster(here, 9000);
      await elapse(1500);
      await serve(SHARED, a, b);
      for (let round = 0; round < ROUNDS; round++) {
        const { sent, lost } = await lostWhile(lab, round, SHARED, async () => {
          const { code, text } = await carpet.carpet('vrrp', 'drain', '--reason', 'new kernel');
          assert.equal(code, 0, text);
          assert.match(text, /7@eth0 +BACKUP/);
          await elapse(6000);
        });
        t.diagnostic(`${lost.length} of ${sent} requests lost`);
        assert.deepEqual(lost, []);
        assert.deepEqual([holds(a), keepalived.holds], [false, true]);
        const from = carpet.program.lines.length;
        await carpet.carpet('undrain');
        await isMaster(here, 9000, from);
        await keepalived.becomes('BACKUP', 3000);
        await elapse(1500);
      }
    });
  });
}

describe('a drain of a virtual router', { skip }, () => {
  it('asks for --force beside a keepalived that was never heard; outlives a kill', async (t) => {
    const here = scene(t, { version: 3 });
    const { a, carpet, keepalived } = here;
    const state = join(carpet.folder, 'state');
    const start = async (): Promise<void> => {
      carpet.program = carpet.spawn({ FAULT_FILE: carpet.fault }, '--state-dir', state);
      await carpet.program.waitForLine(/settings 1 in force/, 15_000);
    };
    await start();
    await isMaster(here, 9000);
    keepalived.start();
    await elapse(5000);
    const refused = await carpet.carpet('vrrp', 'drain');
    assert.match(refused.text, /^carpet: 7@eth0: no peer was heard/);
    assert.equal(refused.code, 2);
    assert.ok(holds(a));
    const drained = await carpet.carpet('vrrp', 'drain', '--force', '--reason', 'disk');
    assert.match(drained.text, /7@eth0 +BACKUP/);
    await keepalived.becomes('MASTER', 1000);
    carpet.program.kill('SIGKILL');
    await carpet.program.exited;
    await start();
    await elapse(6000);
    assert.deepEqual([holds(a), keepalived.holds], [false, true]);
    assert.match((await carpet.carpet('vrrp')).text, /150 \(sends 1\)/);
    await carpet.carpet('vrrp', 'undrain');
    await isMaster(here, 9000);
  });
});
