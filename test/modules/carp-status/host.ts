/** A kernel with CARP on a virtual LAN, and a folder for status sockets. */

import { once } from 'node:events';
import { mkdtempSync, renameSync, rmSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { Kernel, type LogRecord, seededRandom, VirtualClock } from '../../../core/index.js';
import { CarpModule } from '../../../modules/carp/index.js';
import type { VhidStatus } from '../../../modules/carp-status/document.js';
import { Lan, LanDriver } from '../../../modules/ifnet/lan/index.js';

/** As a process tells it. */
export const EXAMPLE: VhidStatus = {
  name: '1@eth0',
  vhid: 1,
  ifname: 'eth0',
  state: 'MASTER',
  since: 1_000_000,
  advbase: 1,
  advskew: 0,
  advskewSent: 0,
  demote: 0,
  preempt: false,
  election: 'auto',
  seal: 'auto',
  addresses: ['10.0.0.100/24', 'fd00::100/64'],
  peers: [],
  group: '224.0.0.18',
  group6: 'ff02::12',
};

export function temporaryFolder(t: Pick<TestContext, 'after'>): string {
  const folder = mkdtempSync(join(tmpdir(), 'carpet-status-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Has vhid 1 to `vhids` on eth0, each with `addresses` addresses, all MASTER after ten seconds. */
export async function host(t: Pick<TestContext, 'after'>, { vhids = 1, addresses = 1 } = {}) {
  const clock = new VirtualClock();
  const records: LogRecord[] = [];
  const kernel = new Kernel({ clock, random: seededRandom(1), log: (record) => records.push(record) });
  t.after(() => kernel.shutdown());
  const lan = new Lan({ clock, random: seededRandom(1) });
  const driver = await kernel.load(LanDriver, { lan });
  driver.create({ name: 'eth0', lladdr: '02:00:00:00:00:01', addresses: ['10.0.0.1/20'] });
  const carp = await kernel.load(CarpModule);
  for (let vhid = 1; vhid <= vhids; vhid++) {
    const shared = Array.from({ length: addresses }, (_, i) => `10.1.${vhid}.${i}/32`);
    carp.create({ ifname: 'eth0', vhid, password: 'secret', addresses: shared, manageAddresses: false });
  }
  await clock.advance(10_000);
  return { kernel, clock, carp, records };
}

/** A socket that answers in its own way. */
export async function impostor(
  t: Pick<TestContext, 'after'>,
  path: string,
  answer: (socket: Socket) => void,
): Promise<void> {
  const clients = new Set<Socket>();
  const server = createServer((socket) => {
    clients.add(socket.on('error', () => undefined));
    answer(socket);
  }).listen(path);
  await once(server, 'listening');
  t.after(() => {
    server.close();
    for (const socket of clients) socket.destroy();
  });
}

/** What a killed process leaves: a socket that nobody listens on. */
export async function leftover(path: string): Promise<void> {
  const server = createServer().listen(`${path}.alive`);
  await once(server, 'listening');
  renameSync(`${path}.alive`, path); // closing removes the file by its former name only
  server.close();
  await once(server, 'close');
}

/** Connects and does not read. */
export async function idler(t: Pick<TestContext, 'after'>, path: string): Promise<Socket> {
  const socket = connect(path).on('error', () => undefined);
  t.after(() => void socket.destroy());
  await once(socket, 'connect');
  return socket.pause();
}
