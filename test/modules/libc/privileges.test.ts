/** Names of capabilities and users. test/lab/privileges.test.ts looks at processes. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { capabilityNumber, findUser } from '../../../modules/libc/index.js';

test('capabilities have the numbers of linux/capability.h', () => {
  for (const [name, number] of [
    ['chown', 0],
    ['CAP_KILL', 5],
    ['setuid', 7],
    ['net_admin', 12],
    ['cap_net_raw', 13],
    ['sys_admin', 21],
    ['syslog', 34],
    ['checkpoint_restore', 40],
  ] as const)
    assert.equal(capabilityNumber(name), number, name);
  for (const name of ['', 'cap_', 'net', 'all', 'constructor'])
    assert.equal(capabilityNumber(name), undefined);
});

test('a user is found by name or number; broken lines and files are no users', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'carpet-passwd-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'passwd');
  writeFileSync(file, 'root:x:0:0::/root:/bin/sh\nbroken:x:y:1\nshort:x\nweb:x:33:34::/:/bin/false\n+\n');
  assert.deepEqual(findUser('web', file), { name: 'web', uid: 33, gid: 34 });
  assert.deepEqual(findUser('0', file), { name: 'root', uid: 0, gid: 0 });
  for (const name of ['broken', 'short', '+', '', '33x']) assert.equal(findUser(name, file), undefined);
  assert.equal(findUser('root', join(folder, 'none')), undefined);
});
