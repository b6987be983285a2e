/** The Debian package on a machine: installed, configured, run, upgraded while it runs, removed, purged. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { build, pack } from '../../.ci/packaging/deb/build.js';
import { copyProject } from '../package/npm.js';
import { needs } from '../support/needs.js';
import { Machine, noMachine } from './support/machine.js';
import { waitFor } from './support/wait.js';

/** The package runs Debian's node, whichever runs this. */
const noNode = spawnSync('dpkg', ['--status', 'nodejs']).status !== 0 && 'needs the Debian package nodejs';
const skip =
  noMachine ||
  noNode ||
  needs('native', 'program:npm', 'program:dpkg-deb', 'program:ip', 'program:ucarp', 'program:tcpdump');

const SETTINGS = `modules:
  carp:
    vhids:
      - {ifname: eth0, vhid: 1, passwordFile: carp.pass, addresses: [10.88.0.100/24], advskew: 0}
`;
const MODULE = `import { Module } from 'carpet-kernel';
export class Pager {}
Module({ name: 'pager' })(Pager);
`;
/** What dpkg, its triggers and the programs that make users write for any package. */
const NOT_OURS = /^(etc\/((passwd|group|shadow|gshadow)-|\.pwd\.lock)|var\/(lib\/dpkg|log|cache)(\/.*)?)$/;
/** CAP_NET_ADMIN and CAP_NET_RAW. */
const TWO_CAPABILITIES = '0000000000003000';

describe('the Debian package', { skip }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'carpet-deb-test-'));
  /** Twice the same, and an upgrade. */
  let first: Buffer, again: Buffer, later: Buffer;
  let machine: Machine;
  let untouched: readonly string[];

  before(async () => {
    const [root, target] = [join(folder, 'sources'), join(folder, 'packed')];
    mkdirSync(target);
    copyProject(root);
    const packed = pack(root, target);
    const built = async (revision: string): Promise<Buffer> =>
      readFileSync(await build(root, packed, { revision, output: join(folder, 'built') }));
    first = await built('1');
    const umask = process.umask(0o077);
    again = await built('1');
    process.umask(umask);
    later = await built('2');
    machine = await Machine.start();
    machine.run('ip', 'link', 'add', 'eth0', 'type', 'veth', 'peer', 'name', 'far');
    for (const name of ['far', 'eth0', 'lo']) machine.run('ip', 'link', 'set', name, 'up');
    machine.run('ip', 'address', 'add', '10.88.0.1/24', 'dev', 'eth0');
    untouched = machine.changes();
  });
  after(async () => {
    await machine?.[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true });
  });

  function install(file: Buffer): string {
    machine.write('/run/carpet.deb', file);
    return machine.run('dpkg', '--install', '/run/carpet.deb');
  }
  const show = (property: string): string =>
    machine.run('systemctl', 'show', '--value', '-p', property, 'carpet');
  const holds = (): boolean => machine.run('ip', 'address').includes('10.88.0.100/24');
  const becomesMaster = (): Promise<boolean> =>
    waitFor('the address', 15_000, holds, () => machine.run('systemctl', 'status', 'carpet'));
  /** Runs a program on the peer's end of the cable; `log` is what it has printed. */
  const watch = (name: string, ...command: string[]): void => {
    const output = ['StandardOutput', 'StandardError'].map(
      (stream) => `--property=${stream}=append:/run/watch-${name}`,
    );
    machine.run('systemd-run', '--quiet', `--unit=watch-${name}`, ...output, ...command);
  };
  const log = (name: string): string => machine.run('cat', `/run/watch-${name}`);
  /** When advertisements were seen there, in seconds. */
  const advertisements = (): number[] =>
    [...log('seen').matchAll(/^(\d+\.\d+) IP 10\.88\.0\.1 /gm)].map((match) => Number(match[1]));
  const exists = (path: string): boolean => machine.try('test', '-e', path).status === 0;

  it('is the same whenever it is built', () => assert.ok(first.equals(again)));

  it('installs, and does not run before it is configured', () => {
    install(first);
    assert.equal(machine.run('stat', '-c', '%a %U:%G', '/etc/carpet'), '750 root:carpet');
    assert.equal(machine.run('systemctl', 'is-enabled', 'carpet'), 'enabled');
    machine.run('systemctl', 'start', 'carpet');
    assert.deepEqual([show('ActiveState'), show('ConditionResult')], ['inactive', 'no']);
    assert.match(machine.run('carpet', '--version'), /^\d+\.\d+\.\d+$/);
    assert.equal(machine.run('dpkg', '--verify', 'carpet'), '');
    // With the manual pages that the unit names.
    assert.doesNotMatch(machine.run('systemd-analyze', 'verify', 'carpet.service'), /carpet/);
  });

  it('brings its manual pages and the completions of the shells', () => {
    for (const [section, name] of [
      ['1', 'carpet'],
      ['5', 'carpet.yaml'],
      ['8', 'carpet-carp'],
    ] as const)
      assert.match(machine.run('man', section, name), /^NAME$/m);
    const script = `. /usr/share/bash-completion/completions/carpet
COMP_WORDS=(carpet config ch) COMP_CWORD=2; _carpet; echo "\${COMPREPLY[@]}"`;
    assert.equal(machine.run('bash', '--norc', '-c', script), 'check');
  });

  it('runs as its user with two capabilities, and with the inspector shut', async () => {
    machine.write('/etc/carpet/carpet.yaml', SETTINGS);
    machine.write('/etc/carpet/carp.pass', 'secret\n');
    machine.run('chmod', '640', '/etc/carpet/carp.pass');
    machine.run('chgrp', 'carpet', '/etc/carpet/carp.pass');
    machine.run('carpet', 'config', 'check');
    machine.run('systemctl', 'start', 'carpet');
    await becomesMaster();
    const pid = show('MainPID');
    assert.equal(machine.run('stat', '-c', '%U:%G', `/proc/${pid}`), 'carpet:carpet');
    assert.match(
      machine.run('cat', `/proc/${pid}/status`),
      new RegExp(`^CapEff:\\s${TWO_CAPABILITIES}$`, 'm'),
    );
    assert.match(
      machine.run('cat', `/proc/${pid}/cmdline`).replaceAll('\0', ' '),
      /^\/usr\/bin\/node --inspect-port=192\.0\.2\.1:9229 /,
    );
    assert.match(machine.run('setpriv', '--reuid=65534', '--clear-groups', 'carpet', 'carp'), /MASTER/);
  });

  it('loads a module that imports it by its name', () => {
    machine.write('/etc/carpet/pager.mjs', MODULE);
    machine.run('carpet', 'kldload', '/etc/carpet/pager.mjs');
    assert.match(machine.run('carpet', 'kldstat'), /^.*pager/m);
  });

  it('is upgraded while it runs, and no peer notices', async () => {
    const peer = 'ucarp -i far -v 1 -p secret -s 10.88.0.2 -a 10.88.0.100 -k 200 -u /bin/true -d /bin/true';
    watch('peer', ...peer.split(' '));
    watch('seen', ...'tcpdump -i far -l -n -tt --immediate-mode -Q in ip proto 112'.split(' '));
    await waitFor('advertisements', 5000, () => advertisements().length > 1);
    await waitFor('the peer', 5000, () => /state: BACKUP/.test(log('peer')));
    const before = ['MainPID', 'NRestarts', 'ActiveEnterTimestampMonotonic'].map(show);
    const said = log('peer');
    install(later);
    assert.equal(machine.run('dpkg-query', '-W', '-f', '${Version}', 'carpet').split('-').at(-1), '2');
    const [pid, restarts, since] = ['MainPID', 'NRestarts', 'ActiveEnterTimestampMonotonic'].map(show);
    assert.equal(show('ActiveState'), 'active');
    assert.notEqual(pid, before[0]);
    assert.deepEqual([restarts, since], before.slice(1));
    const count = advertisements().length;
    await waitFor('advertisements of the new process', 5000, () => advertisements().length > count + 1);
    const times = advertisements();
    const gap = Math.max(...times.slice(1).map((time, i) => time - times[i]!));
    assert.ok(gap < 1.2, `${gap} s without an advertisement: ${times.join(' ')}`);
    assert.equal(log('peer'), said);
    assert.match(machine.run('carpet', 'carp'), /1@eth0 +MASTER/);
    assert.match(machine.run('carpet', 'kldstat'), /^pager /m);
  });

  it('goes on with the former version while settings wait to be confirmed', () => {
    machine.run('carpet', 'config', 'apply', '--timeout', '600');
    const before = show('MainPID');
    const said = install(later);
    assert.match(
      said,
      /^carpet: the last change of the settings has not been confirmed yet: confirm or undo/m,
    );
    assert.match(
      said,
      /^carpet: the service goes on with the former version: when that is over, run 'carpet upgrade start'/m,
    );
    assert.equal(show('MainPID'), before);
    machine.run('carpet', 'config', 'confirm');
    machine.run('carpet', 'upgrade', 'start');
    assert.notEqual(show('MainPID'), before);
  });

  it('is restarted, and says so, when it cannot be upgraded while it runs', async () => {
    machine.run('carpet', 'sysctl', 'kern.upgrade.timeout=100');
    const before = ['MainPID', 'ActiveEnterTimestampMonotonic'].map(show);
    const said = install(later);
    assert.match(said, /^carpet: process \d+ had not taken over after 0.1 s and was ended/m);
    assert.match(said, /^carpet: the service could not be upgraded while it runs, and is restarted/m);
    const after = ['MainPID', 'ActiveEnterTimestampMonotonic'].map(show);
    assert.ok(
      before.every((value, i) => value !== after[i]),
      `${before.join()} ${after.join()}`,
    );
    machine.run('systemctl', 'stop', 'watch-peer', 'watch-seen');
    await becomesMaster();
  });

  it('is not started by an upgrade when it was stopped', () => {
    machine.run('systemctl', 'stop', 'carpet');
    assert.ok(!holds());
    install(first);
    assert.equal(show('ActiveState'), 'inactive');
    machine.run('systemctl', 'start', 'carpet');
  });

  it('is removed, and what the administrator has written stays when it is purged', () => {
    machine.run('dpkg', '--remove', 'carpet');
    assert.ok(!holds() && !exists('/usr/lib/carpet') && !exists('/run/carpet'));
    machine.run('dpkg', '--purge', 'carpet');
    assert.equal(machine.run('cat', '/etc/carpet/carp.pass'), 'secret');
    assert.equal(machine.run('stat', '-c', '%G', '/etc/carpet/carp.pass'), 'carpet');
  });

  it('starts at its installation where settings are there', async () => {
    install(first);
    await becomesMaster();
  });

  it('leaves nothing when it is purged', () => {
    machine.run('rm', '-r', '/etc/carpet/carpet.yaml', '/etc/carpet/carp.pass', '/etc/carpet/pager.mjs');
    machine.run('dpkg', '--purge', 'carpet');
    assert.notEqual(machine.try('getent', 'passwd', 'carpet').status, 0);
    assert.notEqual(machine.try('getent', 'group', 'carpet').status, 0);
    const left = machine.changes().filter((path) => !untouched.includes(path));
    const ours = left.filter((path) => !NOT_OURS.test(path) || /^var\/lib\/dpkg\/.*carpet/.test(path));
    assert.deepEqual(ours, []);
    assert.doesNotMatch(machine.run('cat', '/var/lib/dpkg/status'), /^Package: carpet$/m);
    assert.equal(machine.run('sh', '-c', 'find /run -xdev -name "carpet*" ! -name carpet.deb'), '');
  });
});
