/** The door of a process that runs CARP: what it tells, to whom, and that it neither fails nor stays. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  existsSync,
  lchownSync,
  mkdirSync,
  readdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { networkNamespace } from '../../../modules/carp-status/document.js';
import { CarpStatusModule } from '../../../modules/carp-status/module.js';
import { readStatus } from '../../../modules/carp-status/reader.js';
import { host, idler, leftover, temporaryFolder } from './host.js';

const SOCKET = `carp-${process.pid}.sock`;
/** What comes until the end, or until a reset: that is what Linux makes of a close that leaves something unread. */
async function untilClosed(socket: Socket): Promise<string> {
  let text = '';
  socket.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  socket.on('error', (error: NodeJS.ErrnoException) => assert.equal(error.code, 'ECONNRESET'));
  // Not `once`, which takes an error for a failure.
  await new Promise((resolve) => socket.on('close', resolve));
  return text;
}

const mode = (path: string): number => statSync(path).mode & 0o777;

test('tells every vhid, since when, and the counters that have counted; never the password', async (t) => {
  const folder = join(temporaryFolder(t), 'carpet');
  const { kernel, clock, carp } = await host(t, { vhids: 2 });
  await kernel.load(CarpStatusModule, { folder });
  assert.deepEqual([mode(folder), mode(join(folder, SOCKET))], [0o700, 0o600]);

  const text = (await buffer(connect(join(folder, SOCKET)))).toString();
  assert.ok(!text.includes('secret'));
  const { documents, troubles } = await readStatus(folder);
  assert.deepEqual(troubles, []);
  const { pid, netns, demotion, statistics, vhids } = documents[0]!;
  assert.equal(documents.length, 1);
  assert.deepEqual([pid, netns, demotion], [process.pid, networkNamespace(), 0]);
  assert.equal(statistics['opackets'], carp.statistics.opackets.value);
  assert.ok(Object.values(statistics).every((value) => value > 0));
  assert.deepEqual(
    vhids.map(({ name, state, addresses, group6 }) => [name, state, addresses, group6]),
    [
      ['1@eth0', 'MASTER', ['10.1.1.0/32'], 'ff02::12'],
      ['2@eth0', 'MASTER', ['10.1.2.0/32'], 'ff02::12'],
    ],
  );
  const ago = clock.now() - carp.get('eth0', 1)!.since;
  assert.ok(ago > 0 && Math.abs(clock.wallTime() - vhids[0]!.since - ago) <= 1);

  await kernel.unload('carp-status');
  assert.deepEqual(readdirSync(folder), []);
});

test('removes what killed processes have left, and opens again after that', async (t) => {
  const folder = temporaryFolder(t);
  for (const name of [SOCKET, 'carp-1.sock']) await leftover(join(folder, name));
  const { kernel } = await host(t);
  await kernel.load(CarpStatusModule, { folder });
  assert.deepEqual(readdirSync(folder), [SOCKET]);
  assert.equal((await readStatus(folder)).documents.length, 1);
});

test('a new version of the module has the socket, and removes it when it goes', async (t) => {
  const folder = temporaryFolder(t);
  const { kernel } = await host(t);
  await kernel.load(CarpStatusModule, { folder });
  await kernel.reload(CarpStatusModule);
  assert.deepEqual(readdirSync(folder), [SOCKET]);
  assert.equal((await readStatus(folder)).documents.length, 1);
  await kernel.unload('carp-status');
  assert.deepEqual(readdirSync(folder), []);
});

test('reads nothing, and closes on clients that are too many or do not read', async (t) => {
  const folder = temporaryFolder(t);
  const { kernel } = await host(t, { vhids: 60, addresses: 250 }); // more than fits into a socket's buffer
  await kernel.load(CarpStatusModule, { folder });
  const path = join(folder, SOCKET);
  const talker = connect(path);
  talker.write('shutdown\n'.repeat(1000));
  assert.equal(JSON.parse(await untilClosed(talker)).vhids.length, 60);

  const idlers = await Promise.all(Array.from({ length: 8 }, () => idler(t, path)));
  assert.equal((await buffer(connect(path))).length, 0);
  const { documents, troubles } = await readStatus(folder);
  assert.equal(documents.length, 0);
  assert.match(
    troubles[0]!,
    /^CARP of process \d+ is not shown: its answer is not understood: it is not JSON$/,
  );
  const ended = idlers.map((socket) => once(socket, 'close'));
  await kernel.unload('carp-status');
  idlers.forEach((socket) => socket.resume());
  await Promise.all(ended);
  assert.ok(!existsSync(path));
});

test('a client that does not read is disconnected after a second', async (t) => {
  const folder = temporaryFolder(t);
  const { kernel, clock } = await host(t, { vhids: 60, addresses: 250 });
  await kernel.load(CarpStatusModule, { folder });
  const before = clock.armed;
  const socket = await idler(t, join(folder, SOCKET));
  while (clock.armed === before) await setImmediate();
  await clock.advance(999);
  assert.equal(clock.armed, before + 1);
  await clock.advance(1);
  const text = await untilClosed(socket.resume());
  assert.throws(() => JSON.parse(text), 'the answer was cut off');
  assert.equal(clock.armed, before);
});

test('settings are checked', async (t) => {
  const { kernel } = await host(t);
  await assert.rejects(kernel.load(CarpStatusModule, { folder: '' }), /settings\.folder: must be the path/);
  await assert.rejects(kernel.load(CarpStatusModule, { directory: '/run' }), /ESETTINGS|directory/);
});

const obstacles: [what: string, prepare: (folder: string) => string, line: RegExp][] = [
  ['a folder that others may write to', (folder) => (chmodSync(folder, 0o777), folder), /chmod 700/],
  [
    'a file in its place',
    (folder) => (writeFileSync(join(folder, 'f'), ''), join(folder, 'f')),
    /EEXIST|ENOTDIR/,
  ],
  ['a path too long for a socket', (folder) => join(folder, 'x'.repeat(100)), /longer than 107 bytes/],
  ['a folder where none can be made', () => '/proc/carpet', /ENOENT|EACCES|EPERM/],
];
const NOBODY = 65534;
if (process.geteuid!() === 0) {
  obstacles.push(
    [
      'a symbolic link of another user',
      (folder) => linkOf(folder, NOBODY),
      /link belongs to another user: name another/,
    ],
    [
      'a folder of another user',
      (folder) => (chownSync(folder, NOBODY, NOBODY), folder),
      /belongs to another user/,
    ],
  );
}

/** A link to a folder of ours. */
function linkOf(folder: string, uid: number): string {
  const link = join(folder, 'link');
  mkdirSync(join(folder, 'target'), { mode: 0o700 });
  symlinkSync('target', link);
  lchownSync(link, uid, uid);
  return link;
}

test('a symbolic link of our own leads to the folder', async (t) => {
  const folder = linkOf(temporaryFolder(t), process.geteuid!());
  const { kernel } = await host(t);
  await kernel.load(CarpStatusModule, { folder: `${folder}/` });
  assert.deepEqual(readdirSync(folder), [SOCKET]);
  await kernel.unload('carp-status');
});

for (const [what, prepare, line] of obstacles) {
  test(`${what} is one line in the log, no failure`, async (t) => {
    const folder = prepare(temporaryFolder(t));
    const { kernel, records } = await host(t);
    const before = records.length;
    await kernel.load(CarpStatusModule, { folder });
    assert.deepEqual(
      records
        .slice(before)
        .filter(({ level }) => level !== 'debug')
        .map(({ level }) => level),
      ['info'],
    );
    assert.match(records.find(({ message }) => message.includes('carpet ifconfig'))!.message, line);
    await kernel.unload('carp-status');
  });
}
