/** What happens to real interfaces, as records: by the queue, and as a client of devd's socket sees it. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Kernel, Log, Scope } from '../../core/index.js';
import { DevctlModule } from '../../modules/devctl/index.js';
import { ClientSockets, clientTunables } from '../../modules/devd/sockets/index.js';
import { LinuxDriver } from '../../modules/ifnet/linux/index.js';
import { PythonClient } from '../modules/devd/sockets/support/python.js';
import { needs } from '../support/needs.js';
import { Laboratory, type Namespace, waitFor } from './support/index.js';

const skip = needs('root', 'netns', 'program:python3');

/** Waits for records that come, in this order, since the last call; others, such as link-local addresses, may be between. */
class Reader {
  readonly records: string[] = [];
  private at = 0;

  async expect(...wanted: string[]): Promise<void> {
    for (const text of wanted) {
      const full = `!system=${text}`;
      await waitFor(
        full,
        5000,
        () => this.records.indexOf(full, this.at) >= 0,
        () => this.records.slice(this.at).join('\n'),
      );
      this.at = this.records.indexOf(full, this.at) + 1;
    }
  }
}

async function kernelIn(host: Namespace): Promise<{ kernel: Kernel; reader: Reader; devctl: DevctlModule }> {
  const kernel = new Kernel();
  const reader = new Reader();
  const devctl = await kernel.load(DevctlModule);
  devctl.open((records) => reader.records.push(...records.map(({ text }) => text)));
  await kernel.load(LinuxDriver, { netns: host.name });
  return { kernel, reader, devctl };
}

test('what is there, then: made, addressed, cable out and in, renamed, removed', { skip }, async (t) => {
  const lab = Laboratory.open(t);
  const host = lab.host('a', { addresses: ['10.77.0.1/24'], ipv6: false });
  const { kernel, reader } = await kernelIn(host);
  await using _kernel = kernel;
  await reader.expect(
    'IFNET subsystem=eth0 type=ATTACH',
    'ETHERNET subsystem=eth0 type=IFATTACH',
    'IFNET subsystem=eth0 type=ADDR_ADD address=10.77.0.1',
  );
  assert.ok(reader.records.includes('!system=IFNET subsystem=lo type=ATTACH'));
  assert.ok(!reader.records.includes('!system=ETHERNET subsystem=lo type=IFATTACH'));

  lab.cut(host);
  await reader.expect('IFNET subsystem=eth0 type=LINK_DOWN');
  lab.heal(host);
  await reader.expect('IFNET subsystem=eth0 type=LINK_UP');

  host.ip('address', 'add', '10.77.0.9/24', 'dev', 'eth0');
  host.ip('address', 'del', '10.77.0.9/24', 'dev', 'eth0');
  await reader.expect(
    'IFNET subsystem=eth0 type=ADDR_ADD address=10.77.0.9',
    'IFNET subsystem=eth0 type=ADDR_DEL address=10.77.0.9',
  );

  host.ip('link', 'add', 'br7', 'type', 'bridge');
  await reader.expect('IFNET subsystem=br7 type=ATTACH', 'ETHERNET subsystem=br7 type=IFATTACH');
  host.ip('link', 'set', 'br7', 'name', 'br8');
  await reader.expect('IFNET subsystem=br7 type=RENAME name=br8');
  host.ip('address', 'add', 'fd77::8/64', 'dev', 'br8', 'nodad');
  await reader.expect('IFNET subsystem=br8 type=ADDR_ADD address=fd77::8');
  host.ip('link', 'del', 'br8');
  await reader.expect('IFNET subsystem=br8 type=ADDR_DEL address=fd77::8', 'IFNET subsystem=br8 type=DETACH');
  assert.equal(kernel.sysctl.get('hw.bus.devctl_drops')?.value, 0);
});

test('a flapping cable: every edge reaches a client of the socket, in order', { skip }, async (t) => {
  const lab = Laboratory.open(t);
  const host = lab.host('a', { addresses: ['10.77.0.1/24'], ipv6: false });
  const folder = mkdtempSync(join(tmpdir(), 'carpet-lab-'));
  t.after(() => rmSync(folder, { recursive: true }));
  await using kernel = new Kernel();
  const devctl = await kernel.load(DevctlModule);
  await using scope = new Scope('test', kernel);
  const log = new Log(() => {}, kernel.clock);
  const seqpacket = join(folder, 'seqpacket');
  using sockets = new ClientSockets({
    clock: kernel.clock,
    log,
    tunables: clientTunables(scope.sysctl),
    seqpacket,
    stream: null,
  });
  using client = new PythonClient('SOCK_SEQPACKET', seqpacket);
  await waitFor('the client', 5000, () => sockets.clients === 1);
  devctl.open((records) => records.forEach(({ text }) => sockets.broadcast(`${text}\n`)));
  await kernel.load(LinuxDriver, { netns: host.name });

  const edges = (): string[] =>
    client.received.flatMap((record) => /subsystem=eth0 type=LINK_(\w+)/.exec(record)?.[1] ?? []);
  for (let n = 1; n <= 5; n++) {
    lab.cut(host);
    await waitFor(`DOWN number ${n}`, 5000, () => edges().length === 2 * n - 1);
    lab.heal(host);
    await waitFor(`UP number ${n}`, 5000, () => edges().length === 2 * n);
  }
  assert.deepEqual(
    edges(),
    Array.from({ length: 10 }, (_, n) => (n % 2 === 0 ? 'DOWN' : 'UP')),
  );
});
