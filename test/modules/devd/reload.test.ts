/** Newer versions of devd and of devctl take the sockets and the queue over, and no record is lost. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { Kernel, Module } from '../../../core/index.js';
import { DevctlModule, type DevctlReader } from '../../../modules/devctl/index.js';
import { DevdModule } from '../../../modules/devd/index.js';
import { waitFor } from '../../lab/support/wait.js';
import { needs } from '../../support/needs.js';
import { PythonClient } from './sockets/support/python.js';
import { devdPlace } from './support/place.js';

test('a reload of devd gives the sockets to the new version', {
  skip: needs('native', 'program:python3'),
}, async (t) => {
  const { config, stream } = devdPlace(t);
  await using kernel = new Kernel();
  await kernel.load(DevdModule, { config, sockets: { stream, seqpacket: null, limit: 7 } });
  await kernel.reload(DevdModule);
  using client = new PythonClient('SOCK_STREAM', stream);
  await client.says('connected');
  await waitFor('the client', 5000, () => kernel.sysctl.get('devd.client.accepted')?.value === 1);
  kernel.get(DevctlModule).notify('A', 'b', 'C');
  await client.says('!system=A subsystem=b type=C\n');
});

test('a reload of devd runs the actions of what comes while the old version waits for its own', {
  skip: needs('native', 'program:python3'),
}, async (t) => {
  const { config, stream } = devdPlace(t);
  const folder = dirname(config);
  const [begun, go, out] = ['begun', 'go', 'out'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  writeFileSync(
    config,
    `notify 1 { match "type" "SLOW"; action "touch ${begun}; while [ ! -e ${go} ]; do sleep 0.01; done"; };
     notify 1 { match "type" "C"; action "echo $n >>${out}"; };\n`,
  );
  await using kernel = new Kernel();
  await kernel.load(DevdModule, { config, sockets: { stream, seqpacket: null }, patience: 10_000 });
  const devctl = kernel.get(DevctlModule);
  using client = new PythonClient('SOCK_STREAM', stream);
  await client.says('connected');
  devctl.notify('A', 'b', 'SLOW');
  await waitFor('the slow action', 5000, () => existsSync(begun));

  const reloaded = kernel.reload(DevdModule);
  await client.says('EOF'); // so that no record passes it by
  devctl.notify('A', 'b', 'C', { n: 1 });
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(devctl.queued, 1);
  writeFileSync(go, '');
  await reloaded;
  await waitFor('the action', 5000, () => existsSync(out) && readFileSync(out, 'utf8') === '1\n');
});

test('a reload of devd with other settings has their limit of clients, and keeps what was set by hand', {
  skip: needs('native'),
}, async (t) => {
  const { config, stream } = devdPlace(t);
  const settings = (limit: number) => ({ config, sockets: { stream, seqpacket: null, limit } });
  await using kernel = new Kernel();
  await kernel.load(DevdModule, settings(7));
  kernel.sysctl.set('devd.client.user_limit', 3);
  await kernel.reload(DevdModule, { settings: settings(9) });
  assert.equal(kernel.sysctl.get('devd.client.limit')?.value, 9);
  assert.equal(kernel.sysctl.get('devd.client.user_limit')?.value, 3);
});

test('a reload of devctl loses no record that comes while its reader ends', async () => {
  const seen: string[] = [];
  @Module({ name: 'reader', depends: [DevctlModule] })
  class Reader {
    #reader: DevctlReader | undefined;

    start(): void {
      this.#reader = kernel
        .get(DevctlModule)
        .open((records) => seen.push(...records.map(({ text }) => text)));
    }

    stop(): void {
      this.#reader?.close();
      kernel.get(DevctlModule).notify('A', 'b', 'C');
    }
  }
  await using kernel = new Kernel();
  await kernel.load(DevctlModule);
  await kernel.load(Reader);
  await kernel.reload(DevctlModule);
  await waitFor('the record', 2000, () => seen.length > 0);
  assert.deepEqual(seen, ['!system=A subsystem=b type=C']);
});
