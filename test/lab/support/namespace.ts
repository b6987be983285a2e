/** A network namespace: a host of the laboratory, or the switch between the hosts. */
import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, openSync, readdirSync } from 'node:fs';
import { CLONE_NEWNET, Libc } from '../../../modules/libc/index.js';
import { nodeCommand } from './node-command.js';
import { Program, type ProgramOptions } from './program.js';

const PREFIX = 'carpet';
const FOLDER = '/run/netns'; // where ip-netns(8) keeps them

/** Runs a command to its end and returns its standard output; a failure throws with what it said on stderr. */
export function command(file: string, ...args: string[]): string {
  const { status, stdout, stderr, error } = spawnSync(file, args, { encoding: 'utf8' });
  if (error) throw error;
  if (status !== 0) throw new Error(`${file} ${args.join(' ')}: ${stderr.trim() || `exit ${status}`}`);
  return stdout;
}

export class Namespace implements AsyncDisposable {
  /** The kernel's name of it, unique on this machine: carpet-PID-SERIAL-ROLE. */
  readonly name: string;
  private readonly programs: Program[] = [];

  constructor(
    readonly role: string,
    serial: number,
  ) {
    this.name = `${PREFIX}-${process.pid}-${serial}-${role}`;
    command('ip', 'netns', 'add', this.name);
    this.ip('link', 'set', 'lo', 'up');
  }

  /** `ip -n NAME …`: configures this namespace. */
  ip(...args: string[]): string {
    return command('ip', '-n', this.name, ...args);
  }

  /** Runs a program in here to its end; throws if it fails. */
  exec(...args: string[]): string {
    return command('ip', 'netns', 'exec', this.name, ...args);
  }

  /** Sets a sysctl of this namespace, named with dots (a dot in an interface name is not supported). */
  sysctl(name: string, value: string | number): void {
    this.exec('sh', '-c', `echo ${value} > /proc/sys/${name.replaceAll('.', '/')}`);
  }

  /** Starts a program in here; it is killed at the latest when the laboratory closes. */
  spawn(args: readonly string[], options?: ProgramOptions): Program {
    const exec = ['ip', 'netns', 'exec', this.name, ...args];
    const program = new Program(`${args[0]} in ${this.role}`, exec, options);
    this.programs.push(program);
    return program;
  }

  /** The processes that run in here now, whoever started them. */
  get pids(): number[] {
    return pidsIn(this.name);
  }

  /** Starts a JavaScript file with this very Node in here, with the options that its first line asks for. */
  node(file: string, args: readonly string[] = [], options?: ProgramOptions): Program {
    return this.spawn([...nodeCommand(file), ...args], options);
  }

  /**
   * Moves this process's main thread into the namespace until the returned object is disposed of: sockets opened
   * and programs spawned meanwhile belong to it and stay there. /proc/sys/net follows, /sys/class/net does not.
   */
  enter(): Disposable {
    const libc = Libc.load();
    const home = openSync('/proc/thread-self/ns/net', 'r');
    const here = openSync(`${FOLDER}/${this.name}`, 'r');
    libc.setns(here, CLONE_NEWNET);
    closeSync(here);
    return {
      [Symbol.dispose]: () => {
        libc.setns(home, CLONE_NEWNET);
        closeSync(home);
      },
    };
  }

  /** Everything that runs in here ends, then the namespace goes. Safe inside an 'exit' handler. */
  destroy(): void {
    for (const program of this.programs) program.destroy();
    removeNamespace(this.name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const program of this.programs) program.destroy();
    // A program has ended when its output has, which what it has started may hold open.
    killAllIn(this.name);
    await Promise.all(this.programs.map((program) => program[Symbol.asyncDispose]()));
    removeNamespace(this.name);
  }
}

/** Removes what a laboratory left whose process died without a chance to clean up. */
export function removeOrphans(): void {
  if (!existsSync(FOLDER)) return;
  for (const name of readdirSync(FOLDER)) {
    const owner = Number(new RegExp(`^${PREFIX}-(\\d+)-`).exec(name)?.[1] ?? Number.NaN);
    if (!Number.isNaN(owner) && !isAlive(owner)) removeNamespace(name);
  }
}

function removeNamespace(name: string): void {
  killAllIn(name);
  spawnSync('ip', ['netns', 'del', name]);
}

/** A daemon may have left its group; what still lives in a namespace of ours was started by us. */
function killAllIn(name: string): void {
  for (const pid of pidsIn(name)) {
    if (pid === process.pid) continue;
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // it ended by itself
    }
  }
}

function pidsIn(name: string): number[] {
  const text = spawnSync('ip', ['netns', 'pids', name], { encoding: 'utf8' }).stdout ?? '';
  return text.split('\n').filter(Boolean).map(Number);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
