/** Whoever asks for the state of other processes believes nothing and waits for nobody for long. */
import assert from 'node:assert/strict';
import { readdirSync, writeFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import type { StatusDocument } from '../../../modules/carp-status/document.js';
import { readStatus } from '../../../modules/carp-status/reader.js';
import { EXAMPLE, impostor, leftover, temporaryFolder } from './host.js';

const GOOD: StatusDocument = {
  pid: 1,
  netns: 4026531840,
  demotion: 0,
  statistics: { opackets: 3 },
  vhids: [EXAMPLE],
};
const say = (document: object) => (socket: Socket) => void socket.end(JSON.stringify(document));
const vhid = (changes: object) => say({ ...GOOD, pid: 2, vhids: [{ ...EXAMPLE, ...changes }] });

const hostile: [what: string, answer: (socket: Socket) => void, trouble: RegExp][] = [
  ['silence', () => undefined, /it did not answer within 200 ms/],
  ['a hang-up', (socket) => socket.destroy(), /it is not JSON/],
  ['no JSON', (socket) => socket.end('\u001B[2J'), /it is not JSON$/],
  ['another document', say({}), /pid is not what it should be/],
  ['another pid', say({ ...GOOD, pid: 3 }), /it says that it is process 3/],
  ['a terminal escape', vhid({ ifname: '\u001B[2J' }), /vhids\.0\.ifname is not/],
  ['an address that is none', vhid({ addresses: ['\n10.0.0.1/24'] }), /vhids\.0\.addresses\.0 is not/],
  ['a time without end', vhid({ since: 1e300 }), /vhids\.0\.since is not/],
  ['a statistic with a name', say({ ...GOOD, pid: 2, statistics: { 'a\nb': 1 } }), /something in it is not/],
];
for (const [what, answer, trouble] of hostile) {
  test(`${what} for an answer is one line, and the others are shown`, async (t) => {
    const folder = temporaryFolder(t);
    await impostor(t, join(folder, 'carp-1.sock'), say(GOOD));
    await impostor(t, join(folder, 'carp-2.sock'), answer);
    const { documents, troubles } = await readStatus(folder);
    assert.deepEqual(documents, [GOOD]);
    assert.equal(troubles.length, 1);
    assert.match(troubles[0]!, /^CARP of process 2 is not shown: \P{C}*$/u);
    assert.match(troubles[0]!, trouble);
  });
}

test('an answer without end is cut off', async (t) => {
  const folder = temporaryFolder(t);
  const mebibyte = Buffer.alloc(1024 * 1024, '[');
  await impostor(t, join(folder, 'carp-2.sock'), (socket) => {
    const pour = (): void => {
      while (socket.writable && socket.write(mebibyte));
    };
    socket.on('drain', pour);
    pour();
  });
  const { documents, troubles } = await readStatus(folder);
  assert.deepEqual(documents, []);
  assert.match(troubles.join('\n'), /^CARP of process 2 is not shown: .*(does not end|did not answer)/);
});

test('what a killed process left is removed in silence; what has another name is left alone', async (t) => {
  const folder = temporaryFolder(t);
  await leftover(join(folder, 'carp-7.sock'));
  await leftover(join(folder, 'carp-x.sock'));
  writeFileSync(join(folder, 'notes'), '');
  assert.deepEqual(await readStatus(folder), { folder, documents: [], troubles: [] });
  assert.deepEqual(readdirSync(folder).toSorted(), ['carp-x.sock', 'notes']);
});

test('a folder that is not there holds nobody; one that is none is told', async (t) => {
  const folder = temporaryFolder(t);
  const none = join(folder, 'none');
  assert.deepEqual(await readStatus(none), { folder: none, documents: [], troubles: [] });
  writeFileSync(join(folder, 'file'), '');
  const { troubles } = await readStatus(join(folder, 'file'));
  assert.match(troubles[0]!, /cannot look for CARP in .*: ENOTDIR/);
});
