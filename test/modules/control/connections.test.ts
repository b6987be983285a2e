/** What the server's thread reports of those whom it cuts off. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { Connections } from '../../../modules/control/server/connections.js';
import { needs } from '../../support/needs.js';

describe('a client that asks on and on', { skip: needs('native') }, () => {
  it('is reported once, however many requests came together', async () => {
    const reports: string[] = [];
    const limits = {
      connections: 8,
      connectionsPerUser: 8,
      idleMs: 60_000,
      calls: 8,
      callsPerUser: 8,
      body: 1,
    };
    const connections = new Connections(limits, {
      idle: () => undefined,
      cutOff: (_, why) => reports.push(why),
    });
    const folder = mkdtempSync(join(tmpdir(), 'carpet-control-'));
    const path = join(folder, 'control.sock');
    const server = createServer((_, response) => {
      if (connections.begin(response) === undefined) response.destroy();
    });
    server.on('connection', (socket) => connections.accept(socket));
    try {
      await new Promise<void>((resolve) => server.listen(path, resolve));
      const client = connect(path);
      client.on('error', () => undefined).write('GET / HTTP/1.1\r\nHost: c\r\n\r\n'.repeat(1000));
      await new Promise((resolve) => client.once('close', resolve));
      assert.deepEqual(reports, ['it has asked on, with 8 answers to come']);
    } finally {
      connections.close();
      server.close();
      rmSync(folder, { recursive: true });
    }
  });
});
