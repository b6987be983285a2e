/** What happens on a real host becomes records, rules fire, and clients written for FreeBSD see it. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { needs } from '../support/needs.js';
import { Devd } from './support/devd.js';
import { Laboratory } from './support/index.js';

const skip = needs('root', 'netns', 'native', 'program:python3');

test('a cable pulled and mended, an address, a new name: each fires its rule and reaches both sockets', {
  skip,
}, async (t) => {
  const lab = Laboratory.open(t);
  const host = lab.host('a', { addresses: ['10.77.0.1/24'], ipv6: false });
  await using devd = new Devd(
    host,
    `notify 10 { match "system" "IFNET"; match "type" "LINK_(UP|DOWN)"; media-type "ethernet"; action "echo $subsystem '$type' >> OUT"; };
     notify 10 { match "type" "ADDR_ADD"; action "echo \${DEVD_SUBSYSTEM} has $address >> OUT"; };
     notify 5 { match "system" "IFNET"; action "echo other $type $name >> OUT"; };`,
  );
  await devd.ready();
  const [packets, stream] = [await devd.client('seqpacket'), await devd.client('stream')];
  lab.cut(host);
  await devd.outputs('eth0 LINK_DOWN');
  lab.heal(host);
  await devd.outputs('eth0 LINK_UP');
  host.ip('address', 'add', '10.77.0.9/24', 'dev', 'eth0');
  await devd.outputs('eth0 has 10.77.0.9');
  host.ip('link', 'set', 'eth0', 'down');
  host.ip('link', 'set', 'eth0', 'name', 'wan0');
  await devd.outputs('other RENAME wan0');
  for (const client of [packets, stream]) {
    await client.hears('!system=IFNET subsystem=eth0 type=RENAME name=wan0');
    const heard = client.records.filter((record) => record.includes('subsystem=eth0'));
    assert.deepEqual(
      heard.slice(0, 3),
      ['type=LINK_DOWN', 'type=LINK_UP', 'type=ADDR_ADD address=10.77.0.9'].map(
        (tail) => `!system=IFNET subsystem=eth0 ${tail}`,
      ),
    );
  }
  assert.equal((await devd.program.end('SIGTERM')).code, 0);
  await packets.program.waitForLine(/^end$/, 2000);
  await stream.program.waitForLine(/^end$/, 2000);
});

test('a CARP failover from ucarp fires a rule of each form', {
  skip: skip || needs('program:ucarp'),
}, async (t) => {
  const lab = Laboratory.open(t);
  const [a, b] = [1, 2].map((n) => lab.host(`h${n}`, { addresses: [`10.78.0.${n}/24`], ipv6: false }));
  const folder = mkdtempSync(join(tmpdir(), 'carpet-lab-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const carp = join(folder, 'carp.json');
  const vhid = {
    ifname: 'eth0',
    vhid: 7,
    password: 'secret',
    addresses: ['10.78.0.100/24'],
    advskew: 50,
    election: 'ucarp',
  };
  writeFileSync(carp, JSON.stringify({ vhids: [vhid] }), { mode: 0o600 });
  writeFileSync(join(folder, 'script'), '#!/bin/sh\n', { mode: 0o755 });
  const script = join(folder, 'script');
  const ucarp = b!.spawn(
    `ucarp -i eth0 -s 10.78.0.2 -v 7 -p secret -a 10.78.0.100 -r 3 -u ${script} -d ${script}`.split(' '),
  );
  await ucarp.waitForLine(/MASTER/, 10_000);
  await using devd = new Devd(
    a!,
    `notify 100 { match "system" "CARP"; match "subsystem" "[0-9]+@eth0"; match "type" "(MASTER|BACKUP)"; action "echo now $subsystem '$type' >> OUT"; };
     notify 100 { match "system" "IFNET"; match "type" "CARP_.*"; action "echo then $subsystem $vhid $type >> OUT"; };`,
    ['--carp', carp],
  );
  await devd.ready();
  await devd.outputs('now 7@eth0 BACKUP', 8000);
  await devd.outputs('then carp7 7 CARP_SLAVE');
  await ucarp.end('SIGKILL');
  await devd.outputs('now 7@eth0 MASTER', 8000);
  await devd.outputs('then carp7 7 CARP_MASTER');
});
