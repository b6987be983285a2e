/** A devd that stands by opens the clients' sockets when its predecessor has closed its own, which takes a while. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { Kernel } from '../../../core/index.js';
import { DevdModule } from '../../../modules/devd/index.js';
import { waitFor } from '../../lab/support/wait.js';
import { needs } from '../../support/needs.js';
import { PythonClient } from './sockets/support/python.js';
import { devdPlace } from './support/place.js';

test('a successor serves clients as soon as its predecessor has closed the sockets', {
  skip: needs('native', 'program:python3'),
}, async (t) => {
  const { config, stream } = devdPlace(t);
  const predecessor = createServer().listen(stream);
  await waitFor('the predecessor', 5000, () => predecessor.listening);
  const log: string[] = [];
  await using kernel = new Kernel({
    predecessor: {},
    log: ({ level, message }) => void log.push(`${level}: ${message}`),
  });
  await kernel.load(DevdModule, { config, sockets: { stream, seqpacket: null } });
  kernel.succession.begin();
  const callouts = kernel.clock.callouts().filter(({ name }) => name === 'devd devd sockets');
  assert.equal(callouts.length, 1, 'it is tried again');
  await new Promise((resolve) => predecessor.close(resolve));
  await waitFor(
    'its socket',
    5000,
    () => existsSync(stream),
    () => log.join('\n'),
  );
  using client = new PythonClient('SOCK_STREAM', stream);
  await client.says('connected');
  await waitFor('the client', 5000, () => kernel.sysctl.get('devd.client.accepted')?.value === 1);
  assert.deepEqual(
    log.filter((line) => /^(error|warning)/.test(line)),
    [],
  );
});

test('limits of clients that are set while a successor stands by stay when it opens the sockets', {
  skip: needs('native'),
}, async (t) => {
  const { config, stream } = devdPlace(t);
  await using kernel = new Kernel({ predecessor: {} });
  await kernel.load(DevdModule, { config, sockets: { stream, seqpacket: null, limit: 7 } });
  kernel.sysctl.set('devd.client.limit', 20);
  kernel.sysctl.set('devd.client.user_limit', 3);
  kernel.succession.begin();
  assert.ok(existsSync(stream));
  assert.deepEqual(
    ['limit', 'user_limit'].map((name) => kernel.sysctl.get(`devd.client.${name}`)?.value),
    [20, 3],
  );
});
