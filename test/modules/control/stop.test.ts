/** The server is told to stop when nobody is there, and goes on for those who come meanwhile. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { MessageChannel } from 'node:worker_threads';
import type { KernelMessage, ServerMessage } from '../../../modules/control/protocol.js';
import { ControlServer } from '../../../modules/control/server/server.js';
import { ControlSocket } from '../../../modules/control/socket.js';
import { waitFor } from '../../lab/support/wait.js';
import { needs } from '../../support/needs.js';

test('who connects between idle and stop is served', { skip: needs('native') }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'carpet-stop-'));
  const path = join(folder, 's.sock');
  using socket = await ControlSocket.open(path, { writes: false, group: undefined });
  t.after(() => rmSync(folder, { recursive: true }));
  const { port1, port2 } = new MessageChannel();
  t.after(() => port1.close());
  const told: string[] = [];
  port1.on('message', ({ type }: ServerMessage) => told.push(type));
  const idle = (times: number): Promise<unknown> =>
    waitFor('idle', 5000, () => told.filter((type) => type === 'idle').length === times);
  const say = (message: KernelMessage): void => port1.postMessage(message);
  const limits = { connections: 9, connectionsPerUser: 9, calls: 9, callsPerUser: 9, body: 9, idleMs: 20 };
  const kernel = { name: 'k', version: '1', pid: 1 };
  new ControlServer({ kernel, listeners: [socket.listener()], limits }, port2);
  say({ type: 'verbs', verbs: [] });
  await idle(1);

  const client = connect(path);
  t.after(() => client.destroy());
  let received = '';
  client.setEncoding('latin1').on('data', (chunk: string) => (received += chunk));
  const ask = async (answers: number): Promise<void> => {
    client.write('GET /v1 HTTP/1.1\r\nHost: c\r\n\r\n');
    await waitFor('an answer', 5000, () => received.split(' 200 OK').length - 1 === answers);
  };
  await ask(1);
  say({ type: 'stop' });
  await new Promise((resolve) => setTimeout(resolve, 20));
  await ask(2);

  client.end();
  await idle(2);
  const ended = once(port1, 'close');
  say({ type: 'stop' });
  await ended;
  assert.ok(client.destroyed);
});
