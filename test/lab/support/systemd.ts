/**
 * A systemd of our own: a user instance (`systemd --user`) in a mount namespace and a control group made for it, so
 * that it neither needs to be the machine's first process nor touches anything of it.
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CGROUPS, removeCgroup } from './cgroup.js';
import { waitFor } from './wait.js';

/** The service manager's program, where it is installed. */
export const PROGRAM = ['/usr/lib/systemd/systemd', '/lib/systemd/systemd'].find((path) => existsSync(path));
/** For node:test's `skip` option. */
export const noSystemd: false | string =
  (process.getuid?.() !== 0 && 'needs root') ||
  (PROGRAM === undefined && 'needs the program systemd') ||
  (CGROUPS === undefined && 'needs control groups');

export class Systemd implements AsyncDisposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'carpet-systemd-'));
  readonly #cgroup = join(CGROUPS!, `carpet-systemd-${process.pid}`);
  readonly #child: ChildProcess;

  private constructor() {
    mkdirSync(join(this.folder, '.config/systemd/user'), { recursive: true });
    mkdirSync(this.#cgroup);
    // sd_booted(3) wants /run/systemd/system; the rest of /run stays the machine's own, unseen.
    const script = `mount -t tmpfs tmpfs /run && mkdir -p /run/systemd/system ${this.#runtime} &&
      echo $$ >${this.#cgroup}/cgroup.procs && exec ${PROGRAM} --user --log-target=null --unit=basic.target`;
    this.#child = spawn('unshare', ['--mount', '--propagation', 'private', 'sh', '-c', script], {
      env: this.#env,
      stdio: 'ignore',
    });
  }

  static async start(): Promise<Systemd> {
    const systemd = new Systemd();
    await waitFor(
      'systemd',
      10_000,
      () => systemd.#enter('test', '-S', join(systemd.#runtime, 'systemd/private')) === 0,
    );
    return systemd;
  }

  /** Writes a service unit, or writes it anew. */
  unit(name: string, service: Readonly<Record<string, string>>): void {
    const lines = Object.entries(service).map(([key, value]) => `${key}=${value}\n`);
    writeFileSync(
      join(this.folder, '.config/systemd/user', `${name}.service`),
      `[Service]\n${lines.join('')}`,
    );
  }

  /** `systemctl verb name`, to its end. @throws when it fails */
  systemctl(...args: string[]): void {
    execFileSync('nsenter', [...this.#target, 'systemctl', '--user', ...args], {
      env: this.#env,
      stdio: 'pipe',
    });
  }

  /** A property of the unit, as `systemctl show` has it. */
  show(name: string, property: string): string {
    const args = [...this.#target, 'systemctl', '--user', 'show', '--value', '-p', property, name];
    return execFileSync('nsenter', args, { env: this.#env, encoding: 'utf8' }).trim();
  }

  /** Runs a program in its mount namespace, with its environment. @returns what it printed */
  run(...command: string[]): string {
    return execFileSync('nsenter', [...this.#target, ...command], {
      env: this.#env,
      encoding: 'utf8',
    }).trim();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const ended = once(this.#child, 'exit');
      this.#child.kill('SIGTERM');
      await ended;
    }
    await removeCgroup(this.#cgroup);
    rmSync(this.folder, { recursive: true });
  }

  get #runtime(): string {
    return '/run/user/carpet';
  }

  get #env(): NodeJS.ProcessEnv {
    return { PATH: process.env['PATH'], HOME: this.folder, XDG_RUNTIME_DIR: this.#runtime };
  }

  get #target(): string[] {
    return ['--mount', '--target', String(this.#child.pid)];
  }

  #enter(...command: string[]): number | null {
    return spawnSync('nsenter', [...this.#target, ...command], { stdio: 'ignore' }).status;
  }
}
