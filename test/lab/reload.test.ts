/**
 * Settings with a mistake, read again while `carpet carp`, `carpet devd --carp` and `carpet up` run: nothing changes,
 * which the log says, and the mended settings are applied as if the wrong ones had never been there.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { needs } from '../support/needs.js';
import { Laboratory, type Namespace, type Program } from './support/index.js';
import { CARPET } from './support/pair.js';

const skip = needs('root', 'netns', 'native', 'program:ip');
const DEMOTION = 'net.inet.carp.demotion';

/** What the file says. */
interface Settings {
  readonly demotion?: number;
  readonly preempt?: boolean;
  readonly advbase?: number;
  readonly ifname?: string;
}

/** One way to run CARP from a settings file. */
interface Runner {
  readonly name: string;
  readonly file: string;
  /** The command line that runs `file`, with its other files in `folder`. */
  args(folder: string): string[];
  /** The line of a successful start and of a successful reload. */
  readonly started: RegExp;
  readonly applied: RegExp;
}

const RUNNERS: readonly Runner[] = [
  {
    name: 'carpet carp',
    file: 'carp.json',
    args: (folder) => ['carp', '-f', join(folder, 'carp.json'), '--no-status'],
    started: /-> BACKUP/,
    applied: /settings read again/,
  },
  {
    name: 'carpet devd --carp',
    file: 'carp.json',
    args: (folder) => {
      const sockets = ['--seqpacket', '', '--stream', '', '--no-status'];
      return ['devd', '-d', '-f', join(folder, 'devd.conf'), '--carp', join(folder, 'carp.json'), ...sockets];
    },
    started: /devd runs with/,
    applied: /settings read again/,
  },
  {
    name: 'carpet up',
    file: 'carpet.yaml',
    args: (folder) => ['up', '-f', join(folder, 'carpet.yaml')],
    started: /settings 1 in force/,
    applied: /settings \d+ in force \(apply\)/,
  },
];

/** The text of a settings file; JSON is YAML. */
function text(file: string, folder: string, { demotion, preempt, advbase = 1, ifname = 'eth0' }: Settings) {
  const sysctl = {
    ...(demotion !== undefined && { [DEMOTION]: demotion }),
    ...(preempt !== undefined && { 'net.inet.carp.preempt': preempt }),
  };
  const vhid = { ifname, vhid: 1, addresses: ['10.88.0.100/24'], advbase };
  if (file === 'carp.json') return JSON.stringify({ sysctl, vhids: [{ ...vhid, password: 'secret' }] });
  const control = { socket: join(folder, 'control.sock'), readSocket: false };
  return JSON.stringify({
    sysctl,
    modules: { control, carp: { vhids: [{ ...vhid, passwordFile: 'pass' }] } },
  });
}

/** A runner at work. */
class Running {
  readonly folder = mkdtempSync(join(tmpdir(), 'carpet-reload-'));
  readonly program: Program;

  constructor(
    readonly runner: Runner,
    host: Namespace,
  ) {
    writeFileSync(join(this.folder, 'pass'), 'secret\n', { mode: 0o600 });
    writeFileSync(join(this.folder, 'devd.conf'), 'notify 0 { match "system" "NONE"; action "true"; };\n');
    this.write({});
    this.program = host.node(CARPET, [...runner.args(this.folder), '--log-format', 'text']);
    void this.program.exited.finally(() => rmSync(this.folder, { recursive: true })).catch(() => undefined);
  }

  write(settings: Settings): void {
    const { file } = this.runner;
    writeFileSync(join(this.folder, file), text(file, this.folder, settings), { mode: 0o600 });
  }

  /** Reads the file again, and waits for a line. */
  async reload(settings: Settings, line = this.runner.applied): Promise<void> {
    const from = this.program.lines.length;
    this.write(settings);
    this.program.kill('SIGHUP');
    await this.program.waitForLine(line, 5000, from);
  }

  /** What the log says of the demotion, from the start on. */
  get demotions(): string[] {
    return this.program
      .matching(/demoted by/)
      .map(({ text: line }) => line.replace(/^.*?(demoted .*) \(.*$/, '$1'));
  }
}

for (const runner of RUNNERS)
  test(`${runner.name}: a refused reload changes nothing, and says so`, { skip }, async (t) => {
    const host = Laboratory.open(t).host('a', { addresses: ['10.88.0.1/24'], ipv6: false });
    const running = new Running(runner, host);
    const { program } = running;
    await program.waitForLine(runner.started, 15_000);

    await running.reload({ demotion: 240, advbase: 300 }, /settings not changed/);
    assert.deepEqual(running.demotions, []);
    await running.reload({ demotion: 240 });
    assert.deepEqual(running.demotions, ['demoted by 240 to 240']);
    await running.reload({ demotion: 0, advbase: 300 }, /settings not changed/);
    await running.reload({ demotion: 0 });
    assert.deepEqual(running.demotions, ['demoted by 240 to 240', 'demoted by -240 to 0']);
    assert.deepEqual(program.matching(/not all settings are in force/), []);

    await running.reload({ ifname: 'eth7' });
    assert.equal(program.matching(/there is no interface eth7 yet; waiting for it/).length, 1);
    await program.end('SIGTERM');
    assert.equal((await program.exited).code, 0);
  });
