/**
 * A signal that comes while a command starts is carried out when it runs, or ends the start in order, whatever moment it
 * comes. Before the first statement, while Node itself starts, a signal has its default effect: there is nothing yet
 * that it could leave behind.
 */
import assert from 'node:assert/strict';
import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { INSPECTOR_NOWHERE } from '../../modules/cli/inspector.js';
import { needs } from '../support/needs.js';
import { elapse, Laboratory, type Namespace, type Program, waitFor } from './support/index.js';

const skip = needs('root', 'netns', 'native', 'program:ip');
const MAIN = fileURLToPath(new URL('../../modules/cli/main.js', import.meta.url));
const SIGNALS = ['SIGHUP', 'SIGTERM', 'SIGUSR1', 'SIGUSR2'] as const;
type Signal = (typeof SIGNALS)[number];
/** `held`: as soon as the process holds its signals; else ms after its start. */
const MOMENTS = ['held', 0, 20, 75, 150, 300, 500] as const;
const DEADLINE_MS = 20_000;

/** What becomes of a signal: a line, the end of the process, or nothing that shows. */
type Effect = RegExp | 'runs' | { readonly code: number } | { readonly signal: Signal };

interface Command {
  readonly args: readonly string[];
  readonly effects: Readonly<Record<Signal, Effect>>;
  /** A signal and the line that is its answer when the command runs. */
  readonly probe: readonly [Signal, RegExp];
}

function commands(folder: string): Record<string, Command> {
  const password = join(folder, 'password');
  const rules = join(folder, 'devd.conf');
  writeFileSync(password, 'secret\n', { mode: 0o600 });
  writeFileSync(rules, 'notify 10 { match "system" "NONE"; action "true"; };\n');
  const settings = join(folder, 'carpet.yaml');
  const shared = "{ifname: eth0, vhid: 1, passwordFile: password, addresses: ['10.88.0.100/24']}";
  writeFileSync(settings, `modules: {carp: {vhids: [${shared}]}}\n`);
  const status = ['--status-dir', join(folder, 'status')];
  const vhid = ['-i', 'eth0', '-v', '1', '-o', password, '-a'];
  const shown = /^eth0: carp: /;
  const events = /Events received so far=/;
  const state = /on eth0 id 1$/;
  const applied = /settings \d+ in force \(apply\)/;
  return {
    carp: {
      args: ['carp', ...vhid, '10.88.0.100/24', ...status],
      effects: { SIGHUP: /settings read again/, SIGTERM: { code: 0 }, SIGUSR1: shown, SIGUSR2: 'runs' },
      probe: ['SIGUSR1', shown],
    },
    devd: {
      args: ['devd', '--foreground', '-f', rules, '--seqpacket', join(folder, 'NAME'), '--stream', ''],
      effects: { SIGHUP: /reloaded/, SIGTERM: { code: 0 }, SIGUSR1: 'runs', SIGUSR2: events },
      probe: ['SIGUSR2', events],
    },
    up: {
      args: ['up', '-f', settings, '--no-control'],
      effects: { SIGHUP: applied, SIGTERM: { code: 0 }, SIGUSR1: 'runs', SIGUSR2: 'runs' },
      probe: ['SIGHUP', applied],
    },
    ucarp: {
      args: ['ucarp', ...vhid, '10.88.0.100', '-s', '10.88.0.1', ...status],
      effects: {
        SIGHUP: { signal: 'SIGHUP' },
        SIGTERM: { signal: 'SIGTERM' },
        SIGUSR1: state,
        SIGUSR2: 'runs',
      },
      probe: ['SIGUSR1', state],
    },
  };
}

/** Whether the process has run its first statement. Node itself catches SIGUSR1 and SIGTERM, but not SIGUSR2. */
function holds(pid: number): boolean {
  try {
    const caught = /^SigCgt:\s*([\da-f]+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1] ?? '0';
    return (BigInt(`0x${caught}`) & (1n << BigInt(constants.signals.SIGUSR2 - 1))) !== 0n;
  } catch {
    return false;
  }
}

/** Whether Node runs there with a socket besides the standard streams. */
function hasSocket(pid: number): boolean {
  try {
    if (readlinkSync(`/proc/${pid}/exe`) !== realpathSync(process.execPath)) return false; // still `ip netns exec`
    const fds = readdirSync(`/proc/${pid}/fd`).filter((fd) => Number(fd) > 2);
    return fds.some((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`).startsWith('socket:'));
  } catch {
    return false; // closed or ended in between
  }
}

interface Start {
  readonly name: string;
  readonly program: Program;
  readonly signal: Signal;
  readonly command: Command;
  /** Whether it had run its first statement when the signal was sent. */
  held: boolean;
}

async function send(start: Start, moment: (typeof MOMENTS)[number]): Promise<void> {
  const { program, signal, name } = start;
  const { pid } = program;
  if (moment === 'held')
    await waitFor(`${name} to hold its signals`, DEADLINE_MS, () => {
      const opened = hasSocket(pid);
      const held = holds(pid);
      assert.ok(held || !opened, `${name} opens a socket before it holds its signals`);
      return held;
    });
  else await elapse(moment);
  start.held = holds(pid);
  program.kill(signal);
}

async function assertCarriedOut(start: Start): Promise<void> {
  const { program, signal, command, name } = start;
  // Before the first statement SIGUSR1 is Node's, for the inspector that cannot open.
  const effect = signal === 'SIGUSR1' && !start.held ? 'runs' : command.effects[signal];
  const ends = typeof effect === 'object' && !(effect instanceof RegExp);
  if (ends || !start.held) await Promise.race([program.exited, elapse(ends ? DEADLINE_MS : 1000)]);
  if (!start.held && program.exit?.signal === signal) return;
  if (ends) {
    const { code, signal: by } = program.exit ?? {};
    assert.deepEqual(
      { code, signal: by },
      { code: null, signal: null, ...effect },
      `${name}: ${program.text}`,
    );
  } else {
    if (effect !== 'runs') await program.waitForLine(effect, DEADLINE_MS);
    await assertRuns(program, command.probe);
  }
  assert.deepEqual(program.matching(/^carpet: /), [], `${name} reports no failure`);
}

/** The probe may come early too, and is held then. */
async function assertRuns(program: Program, [signal, answer]: Command['probe']): Promise<void> {
  await waitFor(`${program.name} to start`, DEADLINE_MS, () => holds(program.pid) || !program.running);
  const before = program.lines.length;
  program.kill(signal);
  await program.waitForLine(answer, DEADLINE_MS, before);
}

test('a signal during the start of carp, devd, up and ucarp is carried out, or ends the start', {
  skip,
}, async (t) => {
  const lab = Laboratory.open(t);
  const folder = temporaryFolder(t);
  const cases = Object.entries(commands(folder)).flatMap(([name, command]) =>
    SIGNALS.map((signal) => ({ name: `${name} ${signal}`, command, signal })),
  );
  const hosts = cases.map((_, i) => lab.host(`s${i}`, { addresses: ['10.88.0.1/24'], ipv6: false }));
  for (const moment of MOMENTS) {
    const starts: Start[] = cases.map((each, i) => {
      const args = each.command.args.map((arg) => arg.replace('NAME', `socket${i}`));
      return {
        ...each,
        name: `${each.name} at ${moment}`,
        program: hosts[i]!.spawn([process.execPath, INSPECTOR_NOWHERE, MAIN, ...args]),
        held: false,
      };
    });
    await Promise.all(starts.map((start) => send(start, moment)));
    await Promise.all(starts.map(assertCarriedOut));
    await Promise.all(starts.map(({ program }) => program.end('SIGTERM')));
    assert.deepEqual(hosts.flatMap(left), [], 'no shared address is left behind');
  }
});

function left(host: Namespace): string[] {
  const addresses = host.exec('ip', '-o', 'address').split('\n');
  return addresses.filter((line) => line.includes('10.88.0.100'));
}

function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'carpet-start-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
