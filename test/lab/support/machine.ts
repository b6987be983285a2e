/**
 * A machine to install packages on: systemd as the first process of namespaces of its own, on a copy of this machine's
 * files in which only what changes takes space. Nothing of it is left when it is disposed of.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CGROUPS, removeCgroup } from './cgroup.js';
import { noSystemd, PROGRAM } from './systemd.js';
import { waitFor } from './wait.js';

/** For node:test's `skip` option. */
export const noMachine: false | string =
  noSystemd ||
  (!/\boverlay$/m.test(readFileSync('/proc/filesystems', 'utf8')) && 'needs overlay file systems');

const ROOT = fileURLToPath(new URL('../../../..', import.meta.url));

/** Where the machine sees what has changed in it. */
const CHANGES = '/run/changes';

/** Where the machine sees the project, which may lie in a folder that it has anew, as /tmp. */
export const PROJECT = '/run/project';

/** Where the machine sees the Node that runs this, which may lie there too. */
export const NODE = '/run/node';

/** A command's end, with its output and errors in one. */
export interface Ended {
  readonly status: number | null;
  readonly text: string;
}

export class Machine implements AsyncDisposable {
  readonly #folder = mkdtempSync(join(tmpdir(), 'carpet-machine-'));
  readonly #cgroup = join(CGROUPS!, basename(this.#folder));
  readonly #child: ChildProcess;
  #console = '';

  private constructor() {
    mkdirSync(this.#cgroup);
    const namespaces = ['--mount', '--pid', '--net', '--uts', '--ipc', '--cgroup'];
    const command = `echo $$ >${this.#cgroup}/cgroup.procs && exec unshare ${namespaces.join(' ')} --fork --kill-child sh -c "$0"`;
    this.#child = spawn('sh', ['-c', command, bootScript(this.#folder)], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.#child.stdout!, this.#child.stderr!])
      stream.on('data', (data: Buffer) => void (this.#console += data.toString()));
  }

  /** Returns when systemd runs everything that it wants to run. */
  static async start(): Promise<Machine> {
    const machine = new Machine();
    try {
      await waitFor(
        'the machine to run',
        20_000,
        () => /^(running|degraded)$/m.test(machine.try('systemctl', 'is-system-running').text),
        () => machine.#console,
      );
      return machine;
    } catch (error) {
      await machine[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Runs a command to its end. */
  try(...command: string[]): Ended {
    return this.#enter(command, '');
  }

  /** Runs a command that must succeed. @returns what it printed @throws Error with that when it fails */
  run(...command: string[]): string {
    return succeeded(command, this.#enter(command, ''));
  }

  /** Writes a file, in a folder that exists. */
  write(path: string, content: string | Buffer): void {
    const command = ['sh', '-c', 'cat >"$0"', path];
    succeeded(command, this.#enter(command, content));
  }

  /** The paths of files that were added, changed or removed since it was made, without the leading slash. */
  changes(): string[] {
    // `new` has what changed, and `old` is what it changed from; a removed file is a device in `new`.
    const script = `cd ${CHANGES}/new && find . -mindepth 1 | while read -r path; do
      if [ -d "$path" ] && [ -d "../old/$path" ]; then continue; fi
      if [ -f "$path" ] && cmp -s "$path" "../old/$path"; then continue; fi
      echo "$path"
    done`;
    const found = this.run('sh', '-c', script).split('\n').filter(Boolean);
    return found.map((path) => path.slice(2)).toSorted();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const ended = once(this.#child, 'exit');
      this.#child.kill('SIGKILL');
      await ended;
    }
    await removeCgroup(this.#cgroup);
    rmSync(this.#folder, { recursive: true });
  }

  #enter(command: readonly string[], input: string | Buffer): Ended {
    const pid = this.#init();
    if (pid === undefined) return { status: null, text: 'the machine does not run' };
    const enter = ['--target', pid, '--all', '--root', '--wd'];
    const env = {
      PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
      LC_ALL: 'C.UTF-8',
      DEBIAN_FRONTEND: 'noninteractive',
    };
    const options = { env, input, encoding: 'utf8' } as const;
    const { status, stdout, stderr } = spawnSync('nsenter', [...enter, ...command], options);
    return { status, text: `${stdout}${stderr}`.trim() };
  }

  /** The process id of its first process, as we see it. */
  #init(): string | undefined {
    const { pid, exitCode, signalCode } = this.#child;
    if (exitCode !== null || signalCode !== null) throw new Error(`the machine has ended:\n${this.#console}`);
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
    return /^\d+$/.test(children) ? children : undefined;
  }
}

function succeeded(command: readonly string[], { status, text }: Ended): string {
  if (status !== 0) throw new Error(`${command.join(' ')} ended with ${status}:\n${text}`);
  return text;
}

/** What the first process does before it becomes systemd. */
function bootScript(folder: string): string {
  const unified = CGROUPS === '/sys/fs/cgroup';
  // Of version 1 it gets the hierarchy of names alone: the controllers' would be the machine's own.
  const cgroups = unified
    ? 'mount -t cgroup2 cgroup sys/fs/cgroup'
    : `: >run/cgroups && mount --bind run/cgroups proc/cgroups
       mount -t tmpfs tmpfs sys/fs/cgroup && mkdir sys/fs/cgroup/systemd &&
       mount -t cgroup -o none,name=systemd cgroup sys/fs/cgroup/systemd`;
  return `set -e
    mount --make-rprivate /
    mount -t tmpfs tmpfs ${folder}
    cd ${folder}
    mkdir old new work root
    mount --bind / old
    mount -t overlay overlay -o lowerdir=old,upperdir=new,workdir=work root
    cd root
    mount -t proc proc proc
    # What is not its own but the kernel's, it only reads.
    mount --bind proc/sys proc/sys && mount -o remount,bind,ro proc/sys
    mount -t sysfs -o ro sysfs sys
    for each in run tmp dev; do mount -t tmpfs tmpfs $each; done
    ${cgroups}
    for each in null zero full random urandom tty; do touch dev/$each && mount --bind /dev/$each dev/$each; done
    ln -s /proc/self/fd dev/fd && ln -s pts/ptmx dev/ptmx
    mkdir dev/shm dev/pts
    for each in old new; do mkdir -p .${CHANGES}/$each && mount --bind ../$each .${CHANGES}/$each; done
    mkdir .${PROJECT} && mount --bind ${ROOT} .${PROJECT} && mount -o remount,bind,ro .${PROJECT}
    : >.${NODE} && mount --bind ${process.execPath} .${NODE}
    # No service of this machine's own runs in the copy; packages may start theirs, and do not make man's index anew.
    rm -rf etc/systemd/system/*.wants usr/sbin/policy-rc.d var/lib/man-db/auto-update
    mkdir run/outside
    pivot_root . run/outside
    umount -l /run/outside && rmdir /run/outside
    exec env -i container=carpet-test PATH=/usr/sbin:/usr/bin:/sbin:/bin ${PROGRAM} \\
      --unit=basic.target systemd.legacy_systemd_cgroup_controller=yes`;
}
