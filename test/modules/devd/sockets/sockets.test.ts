/** devd's sockets, with clients in Python. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { CarpetError, Log, type LogRecord, Sysctl, SystemClock } from '../../../../core/index.js';
import {
  ClientSockets,
  type ClientSocketsOptions,
  clientTunables,
} from '../../../../modules/devd/sockets/index.js';
import {
  AF_UNIX,
  Libc,
  SOCK_NONBLOCK,
  SOCK_SEQPACKET,
  SOCK_STREAM,
  SocketAddress,
} from '../../../../modules/libc/index.js';
import { waitFor } from '../../../lab/support/wait.js';
import { needs } from '../../../support/needs.js';
import { PythonClient } from './support/python.js';

const skip = process.platform === 'linux' ? needs('native', 'program:python3') : 'needs Linux';
const record = (n: number | string): string => `!system=TEST subsystem=sockets type=N n=${n}\n`;
const records = (from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, i) => record(from + i));

let folder: string;
let log: LogRecord[];
let sysctl: Sysctl;
let open: Disposable[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'carpet-sockets-'));
  log = [];
  open = [];
});

afterEach(() => {
  for (const resource of open.toReversed()) resource[Symbol.dispose]();
  rmSync(folder, { recursive: true });
});

function serve(options: Partial<ClientSocketsOptions> = {}): ClientSockets {
  const clock = new SystemClock();
  sysctl = new Sysctl();
  const tunables = clientTunables(sysctl);
  const own = { clock, log: new Log((line) => log.push(line), clock), tunables };
  const sockets = new ClientSockets({ ...own, seqpacket: packetPath(), stream: streamPath(), ...options });
  open.push(sockets);
  return sockets;
}

const packetPath = (): string => join(folder, 'devd.seqpacket.pipe');
const streamPath = (): string => join(folder, 'devd.pipe');

function client(...args: ConstructorParameters<typeof PythonClient>): PythonClient {
  const made = new PythonClient(...args);
  open.push(made);
  return made;
}

async function connected(sockets: ClientSockets, clients: number): Promise<void> {
  await waitFor(`${clients} clients`, 10_000, () => sockets.clients === clients);
}

/** What waits in a socket. */
function readNow(fd: number): string {
  const bytes = Buffer.alloc(8192);
  return bytes.toString('utf8', 0, readSync(fd, bytes));
}

/** Connects a hundred times, a few at once. */
const CHURN = `
import socket, sys
for _ in range(100):
    kept = [socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) for _ in range(4)]
    for s in kept:
        s.connect('\\0' + sys.argv[1][1:])
    for s in kept: s.close()
`;

const descriptors = (): number => readdirSync('/proc/self/fd').length;
const lines = (level: string): string[] =>
  log.filter((line) => line.level === level).map(({ message }) => message);

describe('client sockets', { skip }, () => {
  it('give a packet per record on the one socket, the same bytes on the other, then the end of file', async () => {
    const sockets = serve();
    assert.equal(statSync(packetPath()).mode & 0o7777, 0o666);
    assert.equal(statSync(streamPath()).mode & 0o7777, 0o666);
    const packets = client('SOCK_SEQPACKET', packetPath());
    const stream = client('SOCK_STREAM', streamPath());
    await connected(sockets, 2);
    for (const text of records(1, 3)) sockets.broadcast(text);
    sockets.broadcast(new TextEncoder().encode(record('é')));
    sockets.flush();
    sockets.broadcast(record(5));
    await Promise.resolve();
    sockets[Symbol.dispose]();
    await packets.says('EOF');
    await stream.says('EOF');
    const all = [...records(1, 3), record('é'), record(5)];
    assert.deepEqual(packets.received, all);
    assert.equal(stream.received.join(''), all.join(''));
    assert.deepEqual([existsSync(packetPath()), existsSync(streamPath())], [false, false]);
  });

  it('show nothing of the past, and do not listen to clients', async () => {
    const sockets = serve();
    const first = client('SOCK_SEQPACKET', packetPath());
    await connected(sockets, 1);
    sockets.broadcast(record(1));
    const second = client('SOCK_SEQPACKET', packetPath(), 'send');
    await connected(sockets, 2);
    await second.says('EPIPE');
    sockets.broadcast(record(2));
    await second.says(record(2));
    assert.deepEqual(second.received, [record(2)]);
    await first.says(record(2));
    sockets[Symbol.dispose]();
    await second.says('EOF');
  });

  it('reach a client whose connection the event loop has not come to yet', () => {
    const sockets = serve();
    const libc = Libc.load();
    const fds = [SOCK_SEQPACKET, SOCK_STREAM].map((type) => libc.socket(AF_UNIX, type | SOCK_NONBLOCK));
    try {
      for (const [i, path] of [packetPath(), streamPath()].entries())
        libc.connect(fds[i]!, new SocketAddress(path).bytes);
      assert.equal(sockets.clients, 0, 'nobody was accepted so far');
      sockets.broadcast(record(1));
      sockets.flush();
      assert.deepEqual(fds.map(readNow), [record(1), record(1)]);
      sockets.broadcast(record(2));
      sockets.flush();
      assert.deepEqual(fds.map(readNow), [record(2), record(2)]);
    } finally {
      for (const fd of fds) libc.close(fd);
    }
  });

  it('keep 1,000 records of one turn for ten clients that do not read yet', async () => {
    const sockets = serve();
    const clients = Array.from({ length: 10 }, (_, n) =>
      n < 8 ? client('SOCK_SEQPACKET', packetPath(), 'stall') : client('SOCK_STREAM', streamPath(), 'stall'),
    );
    await connected(sockets, 10);
    for (const text of records(1, 1000)) sockets.broadcast(text);
    sockets.flush();
    assert.equal(sockets.clients, 10);
    sockets[Symbol.dispose]();
    for (const each of clients) each.wake();
    for (const each of clients) {
      await each.says('EOF');
      assert.equal(each.received.join(''), records(1, 1000).join(''));
    }
  });

  it('drop who does not read, at once, and nobody else', async () => {
    const sockets = serve();
    const reader = client('SOCK_SEQPACKET', packetPath());
    const stalled = client('SOCK_SEQPACKET', packetPath(), 'stall');
    const stream = client('SOCK_STREAM', streamPath(), 'stall');
    await connected(sockets, 3);
    let sent = 0;
    let longest = 0;
    while (sockets.clients > 1 && sent < 200_000) {
      const start = performance.now();
      for (let n = 0; n < 500; n++) sockets.broadcast(record(++sent));
      sockets.flush();
      longest = Math.max(longest, performance.now() - start);
      await waitFor('the reader', 10_000, () => reader.received.length === sent);
    }
    assert.equal(sockets.clients, 1, `after ${sent} records`);
    assert.ok(sent > 2000, `256 KiB of records fit; dropped after ${sent}`);
    assert.ok(longest < 200, `500 records took ${longest} ms`);
    assert.deepEqual(
      lines('warning').toSorted((a, b) => (a < b ? -1 : 1)),
      [stalled, stream]
        .map(
          ({ pid }) =>
            `the client with pid ${pid}, uid ${process.getuid!()} reads too slowly and is dropped: more waits for it than devd.client.sendbuf allows`,
        )
        .toSorted((a, b) => (a < b ? -1 : 1)),
    );
    assert.equal(sysctl.get('devd.client.dropped')?.value, 2);
    stalled.wake();
    await stalled.says('EOF');
    const kept = stalled.received;
    assert.deepEqual(kept, records(1, kept.length), 'what it got has no gap');
  });

  it('notice at once who has gone', async () => {
    const sockets = serve();
    const packets = client('SOCK_SEQPACKET', packetPath());
    const stream = client('SOCK_STREAM', streamPath());
    await connected(sockets, 2);
    packets[Symbol.dispose]();
    stream[Symbol.dispose]();
    await connected(sockets, 0);
    assert.equal(lines('info').filter((line) => line.endsWith('has disconnected')).length, 2);
    sockets.broadcast(record(1));
    sockets.flush();
    assert.deepEqual(lines('warning'), []);
  });

  it('count the clients of both sockets against the limit; who comes then waits for a place', async () => {
    const sockets = serve();
    sysctl.set('devd.client.limit', 2);
    const first = client('SOCK_SEQPACKET', packetPath());
    await connected(sockets, 1);
    client('SOCK_STREAM', streamPath());
    await connected(sockets, 2);
    const third = client('SOCK_SEQPACKET', packetPath());
    await third.says('connected'); // in the backlog
    sockets.broadcast(record(1));
    await first.says(record(1));
    assert.equal(sockets.clients, 2);
    first[Symbol.dispose]();
    await waitFor('the third', 10_000, () => sysctl.get('devd.client.accepted')?.value === 3);
    sockets.broadcast(record(2));
    await third.says(record(2));
    assert.deepEqual(third.received, [record(2)]);
    sysctl.set('devd.client.limit', 3);
    client('SOCK_SEQPACKET', packetPath());
    await connected(sockets, 3);
  });

  it('do not let one user lock out the others', {
    skip: process.getuid!() === 0 ? false : 'needs root',
  }, async () => {
    const [greedy, other] = [{ uid: 65534 }, { uid: 65533 }];
    const name = `@carpet-users-${process.pid}`;
    const sockets = serve({ seqpacket: name, stream: null });
    sysctl.set('devd.client.limit', 6);
    const first = Array.from({ length: 5 }, () => client('SOCK_SEQPACKET', name, 'read', greedy));
    await connected(sockets, 3); // half of the places
    for (const each of first) await each.says('connected');
    const own = Array.from({ length: 3 }, () => client('SOCK_SEQPACKET', name));
    await connected(sockets, 6);
    sockets.broadcast(record(1));
    for (const each of own) await each.says(record(1));
    const late = client('SOCK_SEQPACKET', name, 'read', other);
    await waitFor('the other user', 10_000, () => sysctl.get('devd.client.evicted')?.value === 1);
    assert.equal(sockets.clients, 6);
    await waitFor('the oldest to go', 10_000, () => first.some(({ said }) => said.includes('EOF')));
    sockets.broadcast(record(2));
    for (const each of [...own, late]) await each.says(record(2));
    const evicted = first.filter(({ said }) => said.includes('EOF'));
    assert.equal(evicted.length, 1);
    assert.deepEqual(evicted[0]!.received, [record(1)]);
    assert.match(lines('warning').join('\n'), /uid 65534 makes room for a client of another user$/);
    own[0]![Symbol.dispose]();
    await waitFor('one that waited', 10_000, () => sysctl.get('devd.client.accepted')?.value === 8);
  });

  it('survive connections without end, in few lines', async () => {
    const name = `@carpet-churn-${process.pid}`;
    const sockets = serve({ seqpacket: name, stream: null });
    await promisify(execFile)('python3', ['-c', CHURN, name], { timeout: 30_000 });
    await connected(sockets, 0);
    const accepted = Number(sysctl.get('devd.client.accepted')?.value);
    assert.ok(accepted > 100, `${accepted} were accepted`);
    assert.ok(log.length <= 25, `${log.length} lines`);
  });

  it('take abstract names, and modes and owners of paths', async () => {
    const name = `@carpet-test-${process.pid}`;
    const isRoot = process.getuid!() === 0;
    const owner = isRoot ? { uid: 1, gid: 2 } : { uid: process.getuid!(), gid: process.getgid!() };
    const sockets = serve({ seqpacket: name, mode: 0o600, owner });
    const { mode, uid, gid } = statSync(streamPath());
    assert.deepEqual([mode & 0o7777, uid, gid], [0o600, owner.uid, owner.gid]);
    const packets = client('SOCK_SEQPACKET', name);
    await connected(sockets, 1);
    sockets.broadcast(record(1));
    await packets.says(record(1));
    assert.throws(() => serve({ seqpacket: name, stream: null }), /cannot bind @carpet-test-\d+: EADDRINUSE/);
    serve({ seqpacket: `\0${name.slice(1)}-longer`, stream: null });
  });

  it('replace what a dead process left, and nothing else', async () => {
    const first = serve({ keep: true });
    const { ino } = statSync(packetPath());
    assert.throws(() => serve(), refused('EADDRINUSE', /devd\.pipe: another process listens there/));
    first[Symbol.dispose]();
    assert.equal(statSync(packetPath()).ino, ino, 'kept');
    const second = serve();
    client('SOCK_SEQPACKET', packetPath());
    await connected(second, 1);
    rmSync(packetPath());
    writeFileSync(packetPath(), 'something else');
    second[Symbol.dispose]();
    assert.ok(existsSync(packetPath()), 'what is not ours is not removed');
    assert.throws(() => serve(), refused('EEXIST', /exists and is not a socket/));
    assert.ok(!existsSync(streamPath()), 'the other socket is closed again');
  });

  it('say in one line why a socket cannot be', () => {
    const long = join(folder, 'x'.repeat(120));
    const attempt = (seqpacket: string) => () => serve({ seqpacket, stream: null });
    assert.throws(attempt(long), refused('EINVAL', /longer than the 107 bytes/));
    assert.throws(
      attempt(join(folder, 'missing', 'socket')),
      refused('ENOENT', /cannot bind .*socket: its folder does not exist: make it, or choose another path$/),
    );
    assert.throws(attempt(''), refused('EINVAL', /must have a path/));
    assert.throws(attempt('@'), refused('EINVAL', /must have a path/));
  });

  it('leave no descriptor behind', async () => {
    serve()[Symbol.dispose](); // koffi has its own from the first use on
    const before = descriptors();
    for (let round = 0; round < 3; round++) {
      const sockets = serve();
      const clients = [client('SOCK_SEQPACKET', packetPath()), client('SOCK_STREAM', streamPath())];
      await connected(sockets, 2);
      clients[0]![Symbol.dispose]();
      await connected(sockets, 1);
      sockets[Symbol.dispose]();
      await clients[1]!.says('EOF');
      clients[1]![Symbol.dispose]();
    }
    await waitFor('the descriptors', 5000, () => descriptors() <= before);
  });
});

function refused(code: string, pattern: RegExp) {
  return (error: unknown): boolean =>
    error instanceof CarpetError &&
    error.code === code &&
    pattern.test(error.message) &&
    !error.message.includes('\n');
}
