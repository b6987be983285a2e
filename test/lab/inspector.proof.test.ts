/**
 * SIGUSR1 never opens Node's inspector, whenever it comes: behind that port any local user runs code as us. Each
 * command runs in a namespace of its own, where nothing of carpet's listens on TCP: whatever listens is the inspector.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { needs } from '../support/needs.js';
import { elapse, Laboratory, type Namespace, type Program } from './support/index.js';

const skip = needs('root', 'netns', 'native', 'program:ip');
const MAIN = fileURLToPath(new URL('../../modules/cli/main.js', import.meta.url));
/** `#!/usr/bin/env -S node --option`: what the kernel runs when somebody types `carpet`. */
const INSTALLED = readFileSync(MAIN, 'utf8').split('\n', 1)[0]!.split(' ').slice(3);
const MOMENTS_MS = [0, 10, 20, 40, 75, 150, 300, 500];

interface Files {
  readonly folder: string;
  readonly password: string;
  readonly rules: string;
}

/** Every command, in a form that runs for a while if the command has one. */
function commands({ folder, password, rules }: Files): Record<string, string[]> {
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
  };
}

function files(t: TestContext): Files {
  const folder = mkdtempSync(join(tmpdir(), 'carpet-inspector-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const password = join(folder, 'password');
  const rules = join(folder, 'devd.conf');
  writeFileSync(password, 'secret\n', { mode: 0o600 });
  writeFileSync(rules, 'notify 10 { match "system" "NONE"; action "true"; };\n');
  return { folder, password, rules };
}

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

for (const [start, args, moments] of [
  ['as it is installed', INSTALLED, MOMENTS_MS],
  ['as node main.js', [], [0, 30, 100]],
] as const)
  test(`SIGUSR1 at any moment of a command's start opens no inspector, ${start}`, { skip }, async (t) => {
    const lab = Laboratory.open(t);
    const given = Object.entries(commands(files(t)));
    const hosts = given.map((_, i) => lab.host(`c${i}`, { addresses: ['10.88.0.1/24'], ipv6: false }));
    for (const moment of moments) {
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
  });
