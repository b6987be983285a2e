/**
 * SIGUSR1 never opens Node's inspector, whenever it comes: behind that port any local user runs code as us. Each
 * command runs in a namespace of its own, where nothing of carpet's listens on TCP: whatever listens is the inspector.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { needs } from '../support/needs.js';
import { elapse, Laboratory, type Namespace, type Program } from './support/index.js';
import { nodeOptions } from './support/node-command.js';

const skip = needs('root', 'netns', 'native', 'program:ip');
const MAIN = fileURLToPath(new URL('../../modules/cli/main.js', import.meta.url));
const INSTALLED = nodeOptions(MAIN);
const MOMENTS_MS = [0, 10, 20, 40, 75, 150, 300, 500];

/** Commands at a time: more would compete for the processor until all moments lie before their first statement. */
const TOGETHER = 6;

interface Files {
  readonly folder: string;
  readonly password: string;
  readonly rules: string;
  /** For `carpet up`: with CARP, VRRP, devd, and a module in a thread of its own. */
  readonly settings: string;
  /** Of a kernel that runs. */
  readonly socket: string;
}

/** Every command, in a form that runs for a while if the command has one. */
function commands({ folder, password, rules, settings, socket }: Files): Record<string, string[]> {
  const vhid = ['--interface', 'eth0', '--vhid', '1', '--addr', '10.88.0.100/24', '--passfile', password];
  const ucarp = ['-i', 'eth0', '-s', '10.88.0.1', '-v', '1', '-o', password, '-a', '10.88.0.100'];
  const scripts = ['-u', '/bin/true', '-d', '/bin/true'];
  const sockets = ['--seqpacket', join(folder, 'seqpacket'), '--stream', ''];
  return {
    demo: ['demo'],
    carp: ['carp', ...vhid, '--status-dir', join(folder, 'status')],
    ucarp: ['ucarp', ...ucarp, ...scripts],
    'ucarp -B': ['ucarp', ...ucarp, ...scripts, '-B'],
    devd: ['devd', '-f', rules, ...sockets, '--pid-file', join(folder, 'pid')],
    'devd --foreground': [
      'devd',
      '--foreground',
      '-f',
      rules,
      '--seqpacket',
      join(folder, 'other'),
      '--stream',
      '',
    ],
    monitor: ['monitor'],
    ifconfig: ['ifconfig'],
    'notify-peers': ['notify-peers', 'eth0'],
    vrrp: ['vrrp', '-i', 'eth0', '-v', '2', '-a', '10.88.0.101/24'],
    up: ['up', '-f', settings],
    'up --no-control': ['up', '-f', settings, '--no-control'],
    'config check': ['config', 'check', '-f', settings],
    'config show': ['config', 'show', '-f', settings],
    'config schema': ['config', 'schema'],
    why: ['why', '--socket', socket],
    drain: ['drain', '--socket', socket],
    undrain: ['undrain', '--socket', socket],
    metrics: ['metrics', '--socket', socket],
    upgrade: ['upgrade', 'status', '--socket', socket],
    explain: ['explain', '-i', 'eth0'],
    doctor: ['doctor', '-i', 'eth0', '--socket', socket],
    kldload: ['kldload', join(folder, 'idle.mjs'), '--socket', socket],
    kldreload: ['kldreload', 'idle', '--socket', socket],
    kldunload: ['kldunload', 'nothing', '--socket', socket],
    kldstat: ['kldstat', '-v', '--socket', socket],
    sysctl: ['sysctl', '-a', '--socket', socket],
    eventhandler: ['eventhandler', '--socket', socket],
    dmesg: ['dmesg', '-f', '--socket', socket],
    tap: ['tap', '--socket', socket],
    top: ['top', '--socket', socket],
    inspect: ['inspect', '--socket', socket],
    new: ['new', 'module', join(folder, 'made')],
    completion: ['completion', 'bash'],
    help: ['help', 'up'],
  };
}

function files(t: TestContext): Files {
  const folder = mkdtempSync(join(tmpdir(), 'carpet-inspector-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const password = join(folder, 'password');
  const rules = join(folder, 'devd.conf');
  const settings = join(folder, 'carpet.yaml');
  const socket = join(folder, 'control.sock');
  writeFileSync(password, 'secret\n', { mode: 0o600 });
  writeFileSync(rules, 'notify 10 { match "system" "NONE"; action "true"; };\n');
  writeFileSync(
    join(folder, 'idle.mjs'),
    `import { defineModule } from '${import.meta.resolve('../../core/index.js')}';
export default defineModule({ name: 'idle', setup: () => {} });
`,
  );
  writeFileSync(
    settings,
    `modules:
  control: {socket: ${socket}, readSocket: false}
  devd: {config: ${rules}, sockets: false}
  carp: {vhids: [{ifname: eth0, vhid: 1, passwordFile: password, addresses: [10.88.0.100/24]}]}
  vrrp: {routers: [{ifname: eth0, vrid: 2, addresses: [10.88.0.101/24]}]}
  ./idle.mjs: {isolate: worker}
`,
    { mode: 0o600 },
  );
  return { folder, password, rules, settings, socket };
}

const groups = <T>(all: readonly T[], size: number): T[][] =>
  Array.from({ length: Math.ceil(all.length / size) }, (_, i) => all.slice(i * size, (i + 1) * size));

test('every command is among those that get the signal', () => {
  const help = spawnSync(process.execPath, [MAIN, '--help'], { encoding: 'utf8' }).stdout;
  const names = [...help.slice(help.indexOf('Commands:')).matchAll(/^ {2}([a-z-]+) /gm)].map(
    ([, name]) => name!,
  );
  const none: Files = { folder: '', password: '', rules: '', settings: '', socket: '' };
  const tried = new Set(Object.keys(commands(none)).map((name) => name.split(' ')[0]!));
  assert.ok(names.length > 20, help);
  assert.deepEqual(
    names.filter((name) => !tried.has(name)),
    [],
  );
});

/** What listens on TCP in the namespace: the lines of /proc/net/tcp with state 0A. */
function listeners(host: Namespace): string[] {
  return ['tcp', 'tcp6'].flatMap((file) =>
    host
      .exec('cat', `/proc/net/${file}`)
      .split('\n')
      .filter((line) => line.trim().split(/\s+/)[3] === '0A'),
  );
}

/** Sends SIGUSR1 to whatever of ours runs in the namespace: the command itself, and a daemon that it started. */
function signalAll(host: Namespace): void {
  for (const pid of host.pids) {
    try {
      process.kill(pid, 'SIGUSR1');
    } catch {
      // It ended in between.
    }
  }
}

/** Starts the commands, sends the signal after `moment` ms and once more, and looks for what listens. */
async function tryMoment(
  hosts: readonly Namespace[],
  given: readonly (readonly [string, string[]])[],
  args: readonly string[],
  moment: number,
): Promise<void> {
  const programs: Program[] = given.map(([, command], i) =>
    hosts[i]!.spawn([process.execPath, ...args, MAIN, ...command]),
  );
  await elapse(moment);
  hosts.forEach(signalAll);
  // As it is installed it never listens; without the argument what a signal before main.js opened is closed.
  if (args.length === 0) await elapse(1200);
  for (let look = 0; look < 3; look++) {
    const open = given.filter((_, i) => listeners(hosts[i]!).length > 0).map(([name]) => name);
    assert.deepEqual(open, [], `listening after SIGUSR1 at ${moment} ms`);
    await elapse(50);
  }
  // Started up by now, they get it once more.
  hosts.forEach(signalAll);
  await elapse(50);
  for (const [i, [name]] of given.entries()) {
    assert.deepEqual(listeners(hosts[i]!), [], `${name}, started`);
    if (args.length > 0)
      assert.doesNotMatch(programs[i]!.text, /Debugger listening/, `${name} at ${moment} ms`);
  }
  for (const host of hosts) for (const pid of host.pids) process.kill(pid, 'SIGKILL');
  await Promise.all(programs.map(({ exited }) => exited));
}

for (const [start, args, moments] of [
  ['as it is installed', INSTALLED, MOMENTS_MS],
  ['as node main.js', [], [0, 30, 100]],
] as const)
  test(`SIGUSR1 at any moment of a command's start opens no inspector, ${start}`, { skip }, async (t) => {
    const lab = Laboratory.open(t);
    const running = files(t);
    const given = { ...files(t), socket: running.socket };
    const hosts = Array.from({ length: TOGETHER }, (_, i) =>
      lab.host(`c${i}`, { addresses: ['10.88.0.1/24'], ipv6: false }),
    );
    const kernel = lab.host('k', { addresses: ['10.88.0.9/24'], ipv6: false });
    const up = kernel.spawn([process.execPath, ...INSTALLED, MAIN, 'up', '-f', running.settings]);
    await up.waitForLine(/settings 1 in force/, 15_000);
    for (const group of groups(Object.entries(commands(given)), TOGETHER))
      for (const moment of moments) await tryMoment(hosts, group, args, moment);
  });

test('SIGUSR1 to a kernel that runs, and to its successor at an upgrade, opens no inspector', {
  skip,
}, async (t) => {
  const lab = Laboratory.open(t);
  const given = files(t);
  const host = lab.host('up', { addresses: ['10.88.0.1/24'], ipv6: false });
  const start = (...more: string[]): Program =>
    host.spawn([process.execPath, ...INSTALLED, MAIN, 'up', '-f', given.settings, ...more]);
  const old = start();
  await old.waitForLine(/settings 1 in force/, 15_000);
  let successor = start('--replace');
  let ended = false;
  void old.exited.then(() => (ended = true));
  const deadline = Date.now() + 30_000;
  for (let turn = 0; !ended && Date.now() < deadline; turn++) {
    await elapse(20);
    signalAll(host);
    assert.deepEqual(listeners(host), [], `listening in turn ${turn}`);
    // A signal that comes before Node has begun ends the process, as it does any program.
    if (!ended && !successor.running) successor = start('--replace');
  }
  assert.ok(ended, successor.text);
  await elapse(200);
  assert.deepEqual(listeners(host), []);
  assert.doesNotMatch(`${old.text}${successor.text}`, /Debugger listening/);
});
