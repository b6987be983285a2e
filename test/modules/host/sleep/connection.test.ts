/** The client of the message bus, at a bus of our own. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect as connectTo, createServer } from 'node:net';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { CarpetError } from '../../../../core/index.js';
import { BUS, Connection } from '../../../../modules/host/sleep/dbus/connection.js';
import { encodeCall, type Message } from '../../../../modules/host/sleep/dbus/message.js';
import { Libc, SystemError } from '../../../../modules/libc/index.js';
import { waitFor } from '../../../lab/support/wait.js';
import { needs } from '../../../support/needs.js';

const skip = needs('native', 'program:dbus-daemon');

const CONFIGURATION = (socket: string): string => `<!DOCTYPE busconfig PUBLIC
  "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
  "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <listen>unix:path=${socket}</listen>
  <policy context="default"><allow send_destination="*"/><allow receive_sender="*"/></policy>
</busconfig>`;

async function bus(t: TestContext): Promise<{ socket: string; daemon: ChildProcess }> {
  const folder = mkdtempSync(join(tmpdir(), 'carpet-bus-'));
  const socket = join(folder, 'socket');
  writeFileSync(join(folder, 'bus.conf'), CONFIGURATION(socket));
  const options = [`--config-file=${join(folder, 'bus.conf')}`, '--nofork', '--print-address'];
  const daemon = spawn('dbus-daemon', options, { stdio: ['ignore', 'pipe', 'ignore'] });
  const ended = once(daemon, 'exit');
  t.after(async () => {
    daemon.kill();
    await ended;
    rmSync(folder, { recursive: true });
  });
  await once(daemon.stdout, 'data'); // it prints its address when it listens
  return { socket, daemon };
}

function connect(t: TestContext, libc: Libc, socket: string, uid = process.getuid!()) {
  const [signals, losses]: [Message[], Error[]] = [[], []];
  const connection = new Connection(libc, socket, uid, {
    signal: (message) => void signals.push(message),
    lost: (error) => void losses.push(error),
  });
  t.after(() => connection[Symbol.dispose]());
  return { connection, signals, losses };
}

test('one that cannot be watched for want of descriptors is closed', { skip }, async (t) => {
  const { socket } = await bus(t);
  const libc = Libc.load();
  t.mock.method(Libc.prototype, 'epoll', () => {
    throw new SystemError('epoll_create1', constants.errno.EMFILE);
  });
  assert.throws(() => connect(t, libc, socket), { code: 'EMFILE' });
  assert.equal(libc.descriptors, 0);
});

const isError = (code: string, text: RegExp) => (error: unknown) =>
  error instanceof CarpetError && error.code === code && text.test(error.message);

test('calls, their errors and signals', { skip, timeout: 30_000 }, async (t) => {
  const libc = Libc.load();
  const { socket } = await bus(t);
  const { connection, signals } = connect(t, libc, socket);
  await connection.hello();
  await connection.match("type='signal',member='NameOwnerChanged'");
  const own = await connection.call({ ...BUS, member: 'GetNameOwner', body: ['org.freedesktop.DBus'] });
  assert.deepEqual(own, { body: ['org.freedesktop.DBus'], descriptors: [] });
  const refused = connection.call({ ...BUS, member: 'GetNameOwner', body: ['org.example.nobody'] });
  await assert.rejects(refused, isError('EREMOTE', /NameHasNoOwner: .*org\.example\.nobody/));
  // Several at once, one longer than a read, answered each by its own.
  const long = `org.example.${'x'.repeat(6000)}`;
  const answers = await Promise.allSettled([
    connection.call({ ...BUS, member: 'NameHasOwner', body: ['org.freedesktop.DBus'] }),
    connection.call({ ...BUS, member: 'GetNameOwner', body: [long] }),
    connection.call({ ...BUS, member: 'NameHasOwner', body: ['org.example.nobody'] }),
  ]);
  assert.deepEqual(
    answers.map((each) => (each.status === 'fulfilled' ? each.value.body : each.status)),
    [[true], 'rejected', [false]],
  );

  await connect(t, libc, socket).connection.hello();
  await waitFor('the news of it', 2000, () => signals.some(({ member }) => member === 'NameOwnerChanged'));
  const [name, before, after] = signals.find(({ member }) => member === 'NameOwnerChanged')!.body;
  assert.deepEqual([name, before], [after, '']);
  assert.match(String(name), /^:1\./);
});

test('a bus that ends is reported once, and its calls fail', { skip, timeout: 30_000 }, async (t) => {
  const libc = Libc.load();
  const { socket, daemon } = await bus(t);
  const { connection, losses } = connect(t, libc, socket);
  await connection.hello();
  daemon.kill('SIGSTOP');
  const waiting = assert.rejects(
    connection.call({ ...BUS, member: 'GetNameOwner', body: ['org.freedesktop.DBus'] }),
    isError('ECONNRESET', /ECONNRESET/),
  );
  daemon.kill('SIGKILL');
  await waitFor('the loss', 5000, () => losses.length > 0);
  await waiting;
  assert.equal(losses.length, 1);
  await assert.rejects(connection.hello(), isError('ECLOSED', /is closed/));
  assert.equal(libc.descriptors, 0);
});

/** A signal of a client that writes its numbers in this order. */
function signalTo(destination: string, order: 'l' | 'B', text: string): Buffer {
  const uint32 = (value: number): Buffer => {
    const bytes = Buffer.alloc(4);
    if (order === 'l') bytes.writeUInt32LE(value);
    else bytes.writeUInt32BE(value);
    return bytes;
  };
  const aligned = (bytes: Buffer): Buffer => Buffer.concat([bytes, Buffer.alloc(-bytes.length & 7)]);
  const string = (value: string): Buffer => Buffer.concat([uint32(value.length), Buffer.from(`${value}\0`)]);
  const field = (code: number, type: string, value: string): Buffer =>
    aligned(Buffer.concat([Buffer.from([code, 1, type.charCodeAt(0), 0]), string(value)]));
  const fields = Buffer.concat([
    field(1, 'o', '/odd'),
    field(2, 's', 'org.example.Odd'),
    field(3, 's', 'Odd'),
    field(6, 's', destination),
    Buffer.from('\x08\x01g\0\x01s\0', 'latin1'),
  ]);
  const body = string(text);
  const start = Buffer.from([order.charCodeAt(0), 4, 0, 1]);
  const head = Buffer.concat([start, uint32(body.length), uint32(2), uint32(fields.length), fields]);
  return Buffer.concat([aligned(head), body]);
}

test('nothing that another user of the bus sends ends the connection', {
  skip,
  timeout: 30_000,
}, async (t) => {
  const libc = Libc.load();
  const { socket } = await bus(t);
  const { connection, signals, losses } = connect(t, libc, socket);
  const { body } = await connection.call({ ...BUS, member: 'Hello', body: [] });
  const name = String(body[0]);
  const other = connectTo(socket);
  t.after(() => other.destroy());
  const identity = Buffer.from(String(process.getuid!())).toString('hex');
  other.resume().write(`\0AUTH EXTERNAL ${identity}\r\nBEGIN\r\n`);
  other.write(encodeCall({ ...BUS, member: 'Hello', body: [] }, 1));
  const texts = ['little', 'big', 'x'.repeat(3_000_000), 'the last'];
  for (const [i, text] of texts.entries()) other.write(signalTo(name, i === 1 ? 'B' : 'l', text));
  const odd = (): unknown[] => signals.filter(({ member }) => member === 'Odd').map((each) => each.body[0]);
  await waitFor('the last', 10_000, () => odd().includes('the last') || losses.length > 0);
  assert.deepEqual([losses, odd()], [[], ['little', 'big', 'the last']]);
  const own = await connection.call({ ...BUS, member: 'NameHasOwner', body: [name] });
  assert.deepEqual(own.body, [true]);
});

test('another user is refused, and a socket that is no bus is none', { skip, timeout: 30_000 }, async (t) => {
  const libc = Libc.load();
  const { socket } = await bus(t);
  await assert.rejects(connect(t, libc, socket, 4242).connection.hello(), isError('EACCES', /REJECTED/));
  const path = `${socket}-not`;
  for (const [answer, code] of [
    ['HTTP/1.1 400 Bad Request\r\n\r\n'.repeat(60), 'EACCES'],
    [`OK 1234\r\nAGREE_UNIX_FD\r\n${'l'.repeat(64)}`, 'EPROTO'],
  ] as const) {
    const server = createServer((client) => client.resume().end(answer)).listen(path);
    await once(server, 'listening');
    await assert.rejects(connect(t, libc, path).connection.hello(), isError(code, /bus/));
    server.close();
    await once(server, 'close');
  }
  assert.equal(libc.descriptors, 0);
});
