/** Newer versions of devd and of devctl take the sockets and the queue over, and no record is lost. */
import assert from 'node:assert/strict';
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
