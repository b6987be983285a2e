/** What is left of root's rights: of the threads of a process, and of the programs that it starts. */
import assert from 'node:assert/strict';
import { chmodSync, chownSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { needs } from '../support/needs.js';
import { CarpetCarp } from './support/carpet-carp.js';
import { BURST_MODULE, Devd } from './support/devd.js';
import { Laboratory, type Namespace } from './support/index.js';
import { CARPET } from './support/pair.js';

const skip = needs('root', 'netns', 'native', 'program:ip');
/** CAP_NET_ADMIN and CAP_NET_RAW are numbers 12 and 13; CAP_KILL, CAP_SETGID, CAP_SETUID 5, 6 and 7. */
const NETWORK = 0x3000n;
const OTHER_USERS = 0xe0n;
/** V8's threads, four and one for what is due later, and the one that waits for SIGUSR1: no code of ours runs there. */
const MAX_UNREACHED = 6;
const NOBODY = 65_534;

const field = (status: string, name: string): string =>
  new RegExp(`^${name}:[ \\t]*(.*)$`, 'm').exec(status)?.[1]?.trim() ?? '';
const set = (status: string, name: string): bigint => BigInt(`0x${field(status, name)}`);

/** Only `wanted` in every set of the main thread, and in all other threads but V8's. */
function assertKept(pid: number, wanted: bigint): void {
  const status = readFileSync(`/proc/${pid}/status`, 'latin1');
  for (const name of ['CapPrm', 'CapEff', 'CapBnd']) assert.equal(set(status, name), wanted, name);
  for (const name of ['CapInh', 'CapAmb']) assert.equal(set(status, name), 0n, name);
  assert.equal(field(status, 'NoNewPrivs'), '1');
  const others = readdirSync(`/proc/${pid}/task`).map((tid) =>
    readFileSync(`/proc/${pid}/task/${tid}/status`, 'latin1'),
  );
  const unreached = others.filter(
    (text) => set(text, 'CapPrm') !== wanted || field(text, 'NoNewPrivs') !== '1',
  );
  assert.ok(unreached.length <= MAX_UNREACHED, `${unreached.length} of ${others.length} threads have more`);
  assert.ok(others.length - unreached.length >= 5, 'the main thread and the pool');
}

function host(t: TestContext): Namespace {
  return Laboratory.open(t).host('a', { addresses: ['10.77.0.1/24'] });
}

function folderFor(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'carpet-privileges-'));
  t.after(() => rmSync(folder, { recursive: true }));
  chmodSync(folder, 0o755);
  return folder;
}

test('carpet carp keeps two capabilities, and has and gives away its address', { skip }, async (t) => {
  const namespace = host(t);
  const carp = new CarpetCarp(namespace, [
    { ifname: 'eth0', vhid: 1, password: 'secret', addresses: ['10.77.0.100/24', 'fd00::100/64'] },
  ]);
  await carp.reaches('MASTER', 8000);
  assertKept(carp.program.pid, NETWORK);
  assert.match(namespace.ip('address', 'show', 'dev', 'eth0'), /10\.77\.0\.100/);
  await carp.program.end('SIGTERM');
  assert.doesNotMatch(namespace.ip('address', 'show', 'dev', 'eth0'), /10\.77\.0\.100/);
});

test('--capabilities all leaves them; a name that is none is one line', { skip }, async (t) => {
  const namespace = host(t);
  const passfile = join(folderFor(t), 'pass');
  writeFileSync(passfile, 'secret\n', { mode: 0o600 });
  const vhid = ['carp', '-i', 'eth0', '-v', '1', '-a', '10.77.0.100/24', '-o', passfile, '--no-status'];
  const wrong = namespace.node(CARPET, [...vhid, '--capabilities', 'net_admin,everything']);
  assert.equal((await wrong.exited).code, 1);
  assert.match(wrong.text, /^carpet: --capabilities: there is no "everything"; [^\n]+$/);
  const all = namespace.node(CARPET, [...vhid, '--capabilities', 'all', '--json']);
  await all.waitForLine(/MASTER/, 8000);
  const status = readFileSync(`/proc/${all.pid}/status`, 'latin1');
  assert.equal(set(status, 'CapEff'), set(readFileSync('/proc/self/status', 'latin1'), 'CapEff'));
});

test('carpet up keeps what it is told', { skip }, async (t) => {
  const folder = folderFor(t);
  const file = join(folder, 'carpet.yaml');
  writeFileSync(file, 'modules: {ifnet-linux: {}}\n');
  const up = host(t).node(CARPET, [
    'up',
    '-f',
    file,
    '--no-control',
    '--capabilities',
    'CAP_NET_ADMIN,net_raw',
  ]);
  await up.waitForLine(/settings 1 in force/, 8000);
  assertKept(up.pid, NETWORK);
});

test('actions of devd run as another user, without groups and capabilities, and are ended', {
  skip: skip || needs('program:python3'),
}, async (t) => {
  const rules = 'notify 100 { match "n" "1"; action "cat /proc/self/status >>OUT"; action "sleep 1000"; };';
  await using devd = new Devd(host(t), rules, [
    '--action-user',
    'nobody',
    '--capabilities',
    'net_admin,net_raw,kill,setuid,setgid',
    '--timeout',
    '500',
    '--load',
    BURST_MODULE,
  ]);
  writeFileSync(join(devd.folder, 'out'), '');
  chownSync(join(devd.folder, 'out'), NOBODY, NOBODY);
  chmodSync(devd.folder, 0o755);
  await devd.ready();
  assertKept(devd.program.pid, NETWORK | OTHER_USERS);
  devd.program.kill('SIGUSR1');
  await devd.outputs(/^CapBnd/);
  const status = devd.output.join('\n');
  assert.match(status, /^Uid:\s+65534\s+65534\s+65534\s+65534$/m);
  assert.match(status, /^Gid:\s+65534\s+65534\s+65534\s+65534$/m);
  assert.equal(field(status, 'Groups'), '');
  for (const name of ['CapPrm', 'CapEff', 'CapInh', 'CapAmb']) assert.equal(set(status, name), 0n, name);
  assert.equal(field(status, 'NoNewPrivs'), '1');
  await devd.program.waitForLine(/SIGTERM|took longer|ended/, 5000);
});
