/** `carpet carp --status`. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StatusDocument, VhidStatus } from '../../../../modules/carp-status/document.js';
import { statusLines } from '../../../../modules/cli/carp/status-lines.js';
import { EXAMPLE, temporaryFolder } from '../../carp-status/host.js';
import { carpet } from '../carpet.js';

test('is for people', () => {
  const since = +new Date(2026, 0, 31, 9, 5, 7);
  const vhid: VhidStatus = { ...EXAMPLE, state: 'BACKUP', since, advskew: 20, advskewSent: 240 };
  const document: StatusDocument = {
    pid: 42,
    netns: 4026531840,
    demotion: 240,
    statistics: { badauth: 3 },
    vhids: [vhid],
  };
  assert.deepEqual(statusLines(document, 4026531840), [
    'process 42, demotion 240',
    '\teth0: BACKUP vhid 1 since 2026-01-31 09:05:07',
    '\t\tadvbase 1 advskew 20 (240 sent)',
    '\t\taddresses 10.0.0.100/24, fd00::100/64',
    '\tcounters: badauth 3',
  ]);
  const master = { address: '10.0.0.2', advbase: 1, advskew: 50, sealed: true, heardAgo: 440 };
  assert.equal(
    statusLines({ ...document, vhids: [{ ...vhid, master }] }, 4026531840)[2],
    '\t\tmaster 10.0.0.2 advbase 1 advskew 50 sealed, heard 0.4 s ago',
  );
  const demotedBy = ['cannot add 10.0.0.100/24 to the interface: eth0: refused (EPERM)'];
  assert.equal(
    statusLines({ ...document, vhids: [{ ...vhid, demotedBy }] }, 4026531840)[3],
    `\t\tdemoted: ${demotedBy[0]}`,
  );
  const virtual = { ...vhid, virtualMac: '00:00:5e:00:01:01', virtualIfname: 'carp1-2' };
  assert.equal(
    statusLines({ ...document, vhids: [virtual] }, 4026531840)[4],
    '\t\tvirtual MAC 00:00:5e:00:01:01 on carp1-2',
  );
  const elsewhere = statusLines({ ...document, demotion: 0, statistics: {}, vhids: [] }, 1);
  assert.deepEqual(elsewhere, ['process 42 in the network namespace 4026531840']);
});

test('when nothing runs, says so in one line, exit 2', (t) => {
  const folder = temporaryFolder(t);
  const { status, stdout, stderr } = carpet(['carp', '--status', '--status-dir', folder]);
  assert.deepEqual([status, stdout], [2, '']);
  assert.equal(stderr, `carpet: no carpet process runs CARP: none has a socket in ${folder}\n`);
});
