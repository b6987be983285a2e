/** Whom the server's thread cuts off, or does not take, and what is said of it. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { ControlClient, ControlError } from '../../../modules/control/index.js';
import { Connections } from '../../../modules/control/server/connections.js';
import { needs } from '../../support/needs.js';

const LIMITS = { connections: 8, connectionsPerUser: 8, idleMs: 60_000, calls: 8, callsPerUser: 8, body: 1 };

/** A server with these connections, on a socket. @returns what it reported of those whom it cut off */
async function serving(connections: number, work: (path: string) => Promise<void>): Promise<string[]> {
  const reports: string[] = [];
  const open = new Connections(
    { ...LIMITS, connections },
    { idle: () => undefined, cutOff: (_, why) => reports.push(why) },
  );
  const folder = mkdtempSync(join(tmpdir(), 'carpet-control-'));
  const path = join(folder, 'control.sock');
  const server = createServer((_, response) => {
    if (open.begin(response) === undefined) response.destroy();
  });
  server.on('connection', (socket) => open.accept(socket));
  try {
    await new Promise<void>((resolve) => server.listen(path, resolve));
    await work(path);
  } finally {
    open.close();
    server.close();
    rmSync(folder, { recursive: true });
  }
  return reports;
}

describe('a client', { skip: needs('native') }, () => {
  it('that asks on and on is reported once, however many requests came together', async () => {
    const reports = await serving(8, async (path) => {
      const client = connect(path);
      client.on('error', () => undefined).write('GET / HTTP/1.1\r\nHost: c\r\n\r\n'.repeat(1000));
      await once(client, 'close');
    });
    assert.deepEqual(reports, ['it has asked on, with 8 answers to come']);
  });

  it('for whom there is no connection left is told so, and what helps', async () => {
    await serving(1, async (path) => {
      const first = connect(path);
      await once(first, 'connect');
      const error = await new ControlClient(path).index().catch((reason: unknown) => reason);
      first.destroy();
      assert.ok(error instanceof ControlError, String(error));
      assert.equal(
        error.message,
        'all users together have too many connections open: try again when one has ended, or end one, as what tap, top or ' +
          'dmesg -f follows',
      );
    });
  });
});
