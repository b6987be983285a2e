/** `carpet why` of a virtual router beside the real keepalived: before and after it is killed, and across an upgrade. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { VrrpWhyAnswer } from '../../modules/vrrp/index.js';
import { needs } from '../support/needs.js';
import { elapse, Laboratory } from './support/index.js';
import { UpgradedHost } from './support/upgrade.js';
import { Keepalived } from './support/vrrp.js';

const skip = needs('root', 'netns', 'program:ip', 'program:keepalived');

async function why(host: UpgradedHost): Promise<VrrpWhyAnswer> {
  const { code, text } = await host.carpet('why', '7@eth0', '--json');
  assert.equal(code, 0, text);
  return (JSON.parse(text) as VrrpWhyAnswer[])[0]!;
}

test('why says who is MASTER beside keepalived, and what each failover was about', { skip }, async (t) => {
  const lab = Laboratory.open(t);
  const [a, b] = ['a', 'b'].map((role, i) =>
    lab.host(role, { addresses: [`10.88.0.${i + 1}/24`], ipv6: false }),
  );
  const carpet = new UpgradedHost(a!, [], t, [
    '{ifname: eth0, vrid: 7, priority: 100, addresses: [10.88.0.100/24], virtualMac: false}',
  ]);
  const keepalived = new Keepalived(b!, { version: 3, family: 4, priority: 150 });
  t.after(() => keepalived.dispose());
  keepalived.start();
  await keepalived.becomes('MASTER', 9000);
  await carpet.start();
  await elapse(4000);

  const before = await why(carpet);
  assert.deepEqual(
    [before.state, before.obstacles, before.master?.address, before.master?.priority],
    ['BACKUP', ['a better master'], '10.88.0.2', 150],
  );
  assert.ok(
    before.peers[0]!.gaps.every((gap) => gap > 800 && gap < 1500),
    JSON.stringify(before.peers),
  );

  await keepalived.stop();
  await carpet.program.waitForLine(/7@eth0: BACKUP -> MASTER \(master stopped\)/, 5000);
  const stopped = await why(carpet);
  assert.match(
    stopped.changes[0]!.evidence!,
    /^10\.88\.0\.2 had said priority 0 0\.\d\d s before; this process was/,
  );
  assert.equal(stopped.next.successor, 'none left');

  keepalived.start();
  await keepalived.becomes('MASTER', 9000);
  await elapse(3000);
  keepalived.kill();
  await carpet.program.waitForLine(/7@eth0: BACKUP -> MASTER \(master timed out\)/, 8000);
  const silence = /^nothing was heard of 10\.88\.0\.2 for 3\.\d\d s, after gaps of .*; this process was/;
  const killed = await why(carpet);
  assert.match(killed.changes[0]!.evidence!, silence);
  assert.equal(carpet.program.matching(/7@eth0: nothing was heard of 10\.88\.0\.2/).length, 1);
  assert.deepEqual([killed.next.successor, killed.next.peer], ['a peer', '10.88.0.2']);

  await carpet.replace();
  await elapse(1000);
  const replaced = await why(carpet);
  assert.ok(replaced.changes.some(({ evidence }) => evidence !== undefined && silence.test(evidence)));
  assert.equal(replaced.next.peer, '10.88.0.2', 'who was heard is known after an upgrade');
  const { text } = await carpet.carpet('why');
  assert.match(
    text,
    /^7@eth0 is MASTER on this host since .*\nThis host is the MASTER; no other MASTER is heard\.\n/,
  );
});
