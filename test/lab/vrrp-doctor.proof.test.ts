/** `carpet doctor` of a running virtual router beside the real keepalived. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Finding } from '../../modules/doctor/index.js';
import { needs } from '../support/needs.js';
import { elapse, Laboratory } from './support/index.js';
import { UpgradedHost } from './support/upgrade.js';
import { Keepalived } from './support/vrrp.js';

const skip = needs('root', 'netns', 'program:ip', 'program:keepalived', 'program:nft');

async function doctor(host: UpgradedHost): Promise<Finding[]> {
  const { text } = await host.carpet('doctor', '--json', '--seconds', '4');
  const { findings } = JSON.parse(text.slice(text.indexOf('{'))) as { findings: Finding[] };
  return findings;
}

test('the doctor finds nothing wrong beside keepalived, then other addresses, then a firewall', {
  skip,
}, async (t) => {
  const lab = Laboratory.open(t);
  const [a, b] = ['a', 'b'].map((role, i) =>
    lab.host(role, { addresses: [`10.88.0.${i + 1}/24`], ipv6: false }),
  );
  const carpet = new UpgradedHost(a!, [], t, [
    '{ifname: eth0, vrid: 7, priority: 100, addresses: [10.88.0.100/24], virtualMac: false}',
  ]);
  const setup = { version: 3, family: 4, priority: 150 } as const;
  const right = new Keepalived(b!, setup);
  const other = new Keepalived(b!, { ...setup, addresses: ['10.88.0.100/24', '10.88.0.101/24'] });
  for (const each of [right, other]) t.after(() => each.dispose());
  right.start();
  await right.becomes('MASTER', 9000);
  await carpet.start();
  await elapse(2000);
  assert.deepEqual(await doctor(carpet), []);

  await right.stop();
  other.start();
  await other.becomes('MASTER', 9000);
  const differs = await doctor(carpet);
  assert.deepEqual(
    differs.map(({ code, on }) => `${code} ${on}`),
    ['router-refused 7@eth0', 'refused vrrp'],
  );
  assert.match(differs[0]!.text, /it names 10\.88\.0\.101 too/);
  assert.match(differs[1]!.text, /^the counter list_differs has risen by/);

  a!.exec(
    'nft',
    'add table inet t; add chain inet t in { type filter hook input priority 0; }; add rule inet t in ip protocol 112 drop',
  );
  const walled = await doctor(carpet);
  const firewall = walled.find(({ code }) => code === 'firewall');
  assert.equal(firewall?.on, '7@eth0');
  assert.match(firewall.text, /lets no advertisements over IPv4 come in: table inet t, chain in/);
});
