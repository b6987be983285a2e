/** devd's sockets while file descriptors are short: who cannot be watched is turned away, and clients get in again later. */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Log, Sysctl, VirtualClock } from '../../../../core/index.js';
import { ClientSockets, clientTunables } from '../../../../modules/devd/sockets/index.js';
import { Libc, SystemError } from '../../../../modules/libc/index.js';
import { waitFor } from '../../../lab/support/wait.js';
import { needs } from '../../../support/needs.js';

const EMFILE = 24;
const RETRY_MS = 1000;
const descriptors = (): number => readdirSync('/proc/self/fd').length;

test('a shortage that lasts costs no descriptor and ends', { skip: needs('native') }, async (t) => {
  let failures = 0;
  const short = (): never => {
    failures--;
    throw new SystemError('epoll_create1', EMFILE);
  };
  const folder = mkdtempSync(join(tmpdir(), 'carpet-shortage-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const stream = join(folder, 'devd.pipe');
  const clock = new VirtualClock();
  const lines: string[] = [];
  const log = new Log(({ message }) => lines.push(message), clock);
  const tunables = clientTunables(new Sysctl());
  using sockets = new ClientSockets({ clock, log, tunables, stream, seqpacket: null });
  const opened: Socket[] = [];
  t.after(() => opened.forEach((socket) => socket.destroy()));
  const client = (): Socket => {
    const socket = connect(stream).resume();
    opened.push(socket.on('error', () => undefined));
    return socket;
  };
  client();
  await waitFor('a client', 5000, () => sockets.clients === 1);
  const before = descriptors();

  failures = 3;
  t.mock.method(Libc.prototype, 'epoll', short, { times: failures });
  const refused = client();
  await waitFor('the one that is turned away', 5000, () => refused.destroyed);
  assert.equal(descriptors(), before - 1, 'nothing is kept, and nobody is listened to');
  assert.deepEqual(lines.slice(1), ['clients cannot connect now: EMFILE']);
  for (let i = 0; i < 3; i++) await clock.advance(RETRY_MS);
  assert.equal(failures, 0);
  client();
  await waitFor('a client after the shortage', 5000, () => sockets.clients === 2);
});
