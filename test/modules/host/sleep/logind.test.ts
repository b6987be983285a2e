/** Whose word about a sleep counts, at a bus that passes on what any user sends. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import {
  decodeMessage,
  METHOD_RETURN,
  messageLength,
  SIGNAL,
} from '../../../../modules/host/sleep/dbus/message.js';
import { Writer } from '../../../../modules/host/sleep/dbus/writer.js';
import { Logind } from '../../../../modules/host/sleep/logind.js';
import { Libc } from '../../../../modules/libc/index.js';
import { waitFor } from '../../../lab/support/wait.js';
import { needs } from '../../../support/needs.js';

const BUS = 'org.freedesktop.DBus';
const LOGIN = 'org.freedesktop.login1';
const MANAGER = `${LOGIN}.Manager`;
const PATH = '/org/freedesktop/login1';

interface Sent {
  readonly sender?: string;
  readonly path?: string;
  readonly interface?: string;
  readonly member?: string;
  readonly replyTo?: number;
  readonly body: readonly (string | boolean)[];
}

/** A message as the bus passes it on. */
function encode({ sender = BUS, path, interface: face, member, replyTo, body }: Sent): Buffer {
  const values = new Writer();
  for (const value of body) {
    if (typeof value === 'string') values.string(value);
    else values.uint32(Number(value));
  }
  const header = new Writer();
  header.bytes(0x6c, replyTo === undefined ? SIGNAL : METHOD_RETURN, 0, 1);
  header.uint32(values.length);
  header.uint32(1);
  header.array(8, () => {
    if (path !== undefined) header.field(1, 'o', path);
    if (face !== undefined) header.field(2, 's', face);
    if (member !== undefined) header.field(3, 's', member);
    header.field(7, 's', sender);
    header.field(8, 'g', body.map((value) => (typeof value === 'string' ? 's' : 'b')).join(''));
    if (replyTo === undefined) return;
    header.align(8);
    header.bytes(5);
    header.signature('u');
    header.uint32(replyTo);
  });
  header.align(8);
  return Buffer.concat([header.take(), values.take()]);
}

/** Answers the calls of a client whose logind is `:1.5`. @returns its end of the connection, once it is connected */
async function bus(t: TestContext): Promise<{ path: string; client: () => Socket }> {
  const folder = mkdtempSync(join(tmpdir(), 'carpet-logind-'));
  const path = join(folder, 'socket');
  let client: Socket | undefined;
  const server = createServer((socket) => {
    client = socket;
    let received = Buffer.alloc(0);
    let greeted = false;
    socket.on('data', (bytes) => {
      received = Buffer.concat([received, bytes]);
      if (!greeted) {
        const end = received.indexOf('BEGIN\r\n');
        if (end < 0) return;
        greeted = true;
        received = received.subarray(end + 7);
        socket.write('OK 1234\r\nAGREE_UNIX_FD\r\n');
      }
      for (let length = messageLength(received); length !== undefined; length = messageLength(received)) {
        if (received.length < length) return;
        const { member } = decodeMessage(received.subarray(0, length));
        const replyTo = received.readUInt32LE(8);
        received = received.subarray(length);
        socket.write(encode({ replyTo, body: member === 'GetNameOwner' ? [':1.5'] : [] }));
      }
    });
  }).listen(path);
  await once(server, 'listening');
  t.after(async () => {
    client?.destroy();
    server.close();
    await once(server, 'close');
    rmSync(folder, { recursive: true });
  });
  return { path, client: () => client! };
}

test('logind alone announces a sleep, and the bus alone says who that is', {
  skip: needs('native'),
  timeout: 10_000,
}, async (t) => {
  const { path, client } = await bus(t);
  const heard: string[] = [];
  using _logind = await Logind.connect(
    Libc.load(),
    path,
    {
      prepareForSleep: (begins) => void heard.push(begins ? 'sleep' : 'awake'),
      restarted: () => void heard.push('restarted'),
      lost: (error) => void heard.push(String(error)),
    },
    new AbortController().signal,
  );
  const prepare = (sender: string, begins: boolean, changes: Partial<Sent> = {}): void => {
    const message = { sender, path: PATH, interface: MANAGER, member: 'PrepareForSleep', body: [begins] };
    client().write(encode({ ...message, ...changes }));
  };
  const owner = (sender: string, name: string, before: string, after: string): void => {
    const body = [name, before, after];
    client().write(
      encode({ sender, path: '/org/freedesktop/DBus', interface: BUS, member: 'NameOwnerChanged', body }),
    );
  };
  prepare(':1.66', true);
  owner(':1.66', LOGIN, ':1.5', ':1.66');
  owner(BUS, 'org.example.other', '', ':1.66');
  prepare(':1.66', true);
  prepare(':1.5', true, { interface: 'org.example.other' });
  prepare(':1.5', true);
  owner(BUS, LOGIN, ':1.5', '');
  prepare(':1.5', false);
  owner(BUS, LOGIN, '', ':1.7');
  prepare(':1.7', false);
  await waitFor('the last', 5000, () => heard.includes('awake'));
  assert.deepEqual(heard, ['sleep', 'restarted', 'awake']);
});
