/** Completion of command lines: what is offered, and the scripts in the shells that are here. */
import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { describe, it } from 'node:test';
import { seededRandom } from '../../../core/index.js';
import { CarpModule } from '../../../modules/carp/index.js';
import { Lan, LanDriver } from '../../../modules/ifnet/lan/index.js';
import { VrrpModule } from '../../../modules/vrrp/index.js';
import { needs } from '../../support/needs.js';
import { ControlledKernel } from '../control/support/server.js';
import { CARPET } from './carpet.js';

/** The candidates for the last of these words. */
function complete(kernel: ControlledKernel | undefined, ...words: string[]): Promise<string[]> {
  const env = { ...process.env, CARPET_SOCKET: kernel?.socket ?? '/nonexistent/control.sock' };
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [CARPET, 'completion', 'words', '--', ...words], { env }, (error, stdout) =>
      error === null ? resolve(stdout.split('\n').slice(0, -1)) : reject(error),
    );
  });
}

describe('completion', { skip: needs('native') }, () => {
  it('without a kernel offers commands, their subcommands and options', async () => {
    assert.deepEqual(await complete(undefined, 'kld'), ['kldload', 'kldreload', 'kldstat', 'kldunload']);
    assert.ok((await complete(undefined, '')).includes('demo'));
    assert.deepEqual(await complete(undefined, 'config', 'c'), ['check', 'confirm', 'convert']);
    assert.deepEqual(await complete(undefined, 'demo', '--f'), ['--fast']);
    assert.deepEqual(await complete(undefined, 'completion', 'z'), ['zsh']);
    assert.deepEqual(await complete(undefined, 'help', 'dm'), ['dmesg']);
    assert.deepEqual(await complete(undefined, 'no-such-command', ''), []);
    assert.deepEqual(await complete(undefined, 'ucarp', '--v'), ['--vhid']);
    assert.deepEqual(await complete(undefined, 'dmesg', '--level', 'w'), ['warning']);
    assert.deepEqual(await complete(undefined, 'demo', '--log-format', ''), ['journal', 'json', 'text']);
    assert.deepEqual(await complete(undefined, '--debug', '--log-format', 'json', 'config', 'sh'), ['show']);
  });

  it('with a kernel offers its verbs and what they can be about', async () => {
    await using kernel = await ControlledKernel.start();
    await kernel.kernel.load(LanDriver, {
      lan: new Lan({ clock: kernel.kernel.clock, random: seededRandom(1) }),
    });
    const carp = await kernel.kernel.load(CarpModule);
    carp.create({ ifname: 'eth0', vhid: 1, password: 'secret', addresses: ['10.88.0.100/24'] });
    assert.deepEqual(await complete(kernel, 'kldunload', 'ca'), ['carp']);
    assert.deepEqual(await complete(kernel, 'sysctl', 'net.inet.carp.pre'), ['net.inet.carp.preempt']);
    assert.deepEqual(await complete(kernel, 'tap', 'carp_s'), ['carp_state_event']);
    assert.deepEqual(await complete(kernel, 'carp', '1'), ['1@eth0']);
    assert.deepEqual(await complete(kernel, 'carp', 'dem'), ['demote', 'demotions']);
    assert.deepEqual(await complete(kernel, 'carp', '1@eth0', ''), ['state']);
    assert.deepEqual(await complete(kernel, 'carp', '1@eth0', 'state', ''), ['backup', 'init', 'master']);
    assert.deepEqual(await complete(kernel, 'carp', 'state', '1@eth0', 'm'), ['master']);
    assert.deepEqual(await complete(kernel, 'carp', 'demote', '240', '--r'), ['--reason']);
    const vrrp = await kernel.kernel.load(VrrpModule);
    vrrp.create({ ifname: 'eth0', vrid: 7, addresses: ['10.88.0.200/24'] });
    for (const verb of ['why', 'drain', 'undrain', 'carp drain'])
      assert.deepEqual(await complete(kernel, ...verb.split(' '), ''), ['1@eth0', '7@eth0'], verb);
    assert.deepEqual(await complete(kernel, 'carp', 'demote', '--vhid', ''), ['1@eth0']);
    assert.deepEqual(await complete(kernel, 'vrrp', '7'), ['7@eth0']);
    assert.deepEqual(await complete(kernel, 'vrrp', '7@eth0', 'state', 'b'), ['backup']);
    assert.deepEqual(await complete(kernel, 'kldload', '--isolate', ''), ['worker']);
    assert.ok(!(await complete(kernel, 'config', 'check', '--')).includes('--socket'));
    assert.deepEqual(await complete(kernel, 'tap', '--'), ['--events', '--help', '--json', '--socket']);
  });

  it('works in bash', { skip: needs('program:bash') }, () => {
    const script = `eval "$(carpet completion bash)"
COMP_WORDS=(carpet config ch) COMP_CWORD=2
_carpet
echo "\${COMPREPLY[@]}"`;
    assert.deepEqual(inShell('bash', '--norc', '-c', script), ['check\n', '']);
  });

  it('works in fish', { skip: needs('program:fish') }, () => {
    const script = 'carpet completion fish | source; complete -C "carpet config che"';
    assert.deepEqual(inShell('fish', '--no-config', '-c', script), ['check\n', '']);
  });

  it('completes in zsh from the first time on, as a file on fpath', { skip: needs('program:zsh') }, () => {
    const script = `fpath=($HOME/fpath) words=(carpet config ch) CURRENT=3
mkdir $HOME/fpath && carpet completion zsh >$HOME/fpath/_carpet
compdef() { }
compadd() { print -r -- $found }
autoload -U _carpet && _carpet`;
    assert.deepEqual(inShell('zsh', '-f', '-c', script), ['check\n', '']);
  });

  it('loads in zsh', { skip: needs('program:zsh') }, () => {
    const script =
      'autoload -U compinit; compinit -D -u; eval "$(carpet completion zsh)"; echo $_comps[carpet]';
    assert.deepEqual(inShell('zsh', '-f', '-c', script), ['_carpet\n', '']);
  });
});

/** Standard output and error of a shell that finds `carpet` on its path. */
function inShell(shell: string, ...args: string[]): [string, string] {
  const folder = mkdtempSync(join(tmpdir(), 'carpet-completion-'));
  try {
    const program = `#!/bin/sh\nexec '${process.execPath}' '${CARPET}' "$@"\n`;
    writeFileSync(join(folder, 'carpet'), program, { mode: 0o755 });
    const path = [folder, process.env['PATH']].join(delimiter);
    const env = { ...process.env, PATH: path, HOME: folder, CARPET_SOCKET: '/nonexistent/control.sock' };
    const { stdout, stderr } = spawnSync(shell, args, { env, encoding: 'utf8' });
    return [stdout, stderr];
  } finally {
    rmSync(folder, { recursive: true });
  }
}
