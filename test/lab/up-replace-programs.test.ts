/** An upgrade while programs run: hooks are told of no end, actions of devd go on to theirs, and limits of the file hold. */
import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { needs } from '../support/needs.js';
import { elapse, Laboratory, type Program, waitFor } from './support/index.js';
import { CARPET } from './support/pair.js';

const skip = needs('root', 'netns', 'native', 'program:ip');

const settings = (folder: string): string => `
log: {format: text}
sysctl: {kern.shutdown.timeout: 500, devd.client.user_limit: 3}
modules:
  control: {socket: ${folder}/control.sock, readSocket: false}
  devd: {config: ${folder}/devd.conf, sockets: {seqpacket: ${folder}/devd.sock, stream: null}}
  hooks: {hooks: {it: {form: json, command: [${folder}/hook], states: [MASTER, STOP]}}}
  carp: {vhids: [{ifname: eth0, vhid: 1, passwordFile: pass, addresses: [10.88.0.100/24]}]}
`;

/** Runs once, until it may end. */
const rules = (folder: string): string => `
notify 0 {
	match "system" "CARP";
	match "type" "MASTER";
	action "[ -e ${folder}/begun ] || { touch ${folder}/begun; while [ ! -e ${folder}/go ]; do sleep 0.1; done; touch ${folder}/done; }";
};
`;

test('an upgrade neither ends what runs, nor tells hooks of an end', { skip }, async (t) => {
  const lab = Laboratory.open(t);
  const host = lab.host('h1', { addresses: ['10.88.0.1/24'], ipv6: false });
  const folder = mkdtempSync(join(tmpdir(), 'carpet-upgrade-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = (name: string): string => join(folder, name);
  writeFileSync(path('pass'), 'secret', { mode: 0o600 });
  writeFileSync(path('carpet.yaml'), settings(folder), { mode: 0o600 });
  writeFileSync(path('devd.conf'), rules(folder));
  writeFileSync(path('hook'), `#!/bin/sh\ncat >> ${path('told')}\n`);
  chmodSync(path('hook'), 0o755);
  const told = (): string[] =>
    existsSync(path('told'))
      ? [...readFileSync(path('told'), 'utf8').matchAll(/"state":"(\w+)"/g)].map(([, s]) => s!)
      : [];
  const up = (...options: string[]): Program =>
    host.node(CARPET, ['up', '-f', path('carpet.yaml'), ...options]);

  const old = up();
  await waitFor(
    'the action',
    15_000,
    () => existsSync(path('begun')),
    () => old.text,
  );
  await waitFor('the hook', 5000, () => told().length === 1);
  const next = up('--replace');
  await next.waitForLine(/listening on/, 15_000);
  await old.waitForLine(/has taken over; this one ends/, 5000);
  await elapse(2500); // it would have gone by then, had it only the time that the file gives a shutdown
  writeFileSync(path('go'), '');
  const { code } = await old.exited;
  assert.equal(code, 0, old.text);
  assert.ok(existsSync(path('done')), old.text);
  await waitFor('the hook again', 5000, () => told().length === 2);
  const env = { CARPET_SOCKET: path('control.sock') };
  const limit = host.node(CARPET, ['sysctl', 'devd.client.user_limit'], { env });
  await limit.waitForLine(/devd\.client\.user_limit.*\b3$/, 10_000);
  await next.end('SIGTERM');
  assert.deepEqual(told(), ['MASTER', 'MASTER', 'STOP']);
});
