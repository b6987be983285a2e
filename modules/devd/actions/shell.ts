/**
 * Runs commands: `/bin/sh -c command` in `/`, without input, in a session and process group of its own.
 *
 * A command has ended when its process exits, not when its output closes: a process that it left in the background holds
 * the output open. The output is read until its last writer has closed it, so that a daemon started by an action does
 * not die of SIGPIPE. When more than 64 outputs are held open this way, the oldest is closed.
 *
 * @module
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync } from 'node:fs';
import { Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Log } from '../../../core/index.js';
import { PipeMaker } from '../../libc/index.js';
import type { ActionRun, CommandEnd, RunningCommand, Spawner } from './command.js';
import { OutputLog } from './output.js';

const MAX_LEFT_OUTPUTS = 64;
/** A pipe without a writer yields its 64 KiB, and its end, in a few turns of the event loop. */
const READ_OUT_TURNS = 20;

/** Whose rights a command has. */
export interface ActionUser {
  readonly uid: number;
  readonly gid: number;
}

/** Starts commands by /bin/sh and logs their output. */
export class Shell implements Spawner, Disposable {
  readonly #log: Log;
  readonly #user: ActionUser | undefined;
  readonly #pipes = new PipeMaker();
  /** All open outputs. */
  readonly #outputs = new Set<Socket>();
  /** Outputs whose command has ended, oldest first. */
  readonly #left = new Set<Socket>();

  /** @param user as whom commands run; without the other groups that this process is in. Default: as this process */
  constructor(log: Log, user?: ActionUser) {
    this.#log = log;
    this.#user = user;
  }

  spawn(run: ActionRun, command: string, ended: (end: CommandEnd) => void): RunningCommand {
    let child: ChildProcess;
    let output: Socket | undefined;
    try {
      const { readEnd, writeEnd } = this.#pipes.open();
      output = this.#read(readEnd, run.rule);
      child = start(run, command, writeEnd, this.#user);
    } catch (error) {
      output?.destroy();
      // A NUL byte in the command, too many files or processes, a command line that is too long.
      queueMicrotask(() => ended({ code: null, signal: null, error: String(error) }));
      return new Group(undefined);
    }
    const end = (how: CommandEnd): void => {
      this.#leave(output);
      ended(how);
    };
    // A child that was not started has no pid, and no exit.
    if (child.pid === undefined)
      child.once('error', ({ message }) => end({ code: null, signal: null, error: message }));
    else child.once('error', () => {}).once('exit', (code, signal) => end({ code, signal }));
    return new Group(child.pid);
  }

  /**
   * Waits the few turns of the event loop that it takes to read what ended commands have written, but not for processes
   * in the background.
   */
  async readOut(): Promise<void> {
    for (let turn = 0; turn < READ_OUT_TURNS && this.#outputs.size > 0; turn++) await nextTurn();
  }

  /** Closes the outputs that processes in the background hold open. */
  [Symbol.dispose](): void {
    for (const output of this.#outputs) output.destroy();
  }

  #read(fd: number, rule: string): Socket {
    const output = new Socket({ fd, readable: true, writable: false });
    const lines = new OutputLog(this.#log, rule);
    output.on('data', (bytes) => lines.write(bytes));
    output.on('error', () => {}); // 'close' follows
    output.once('close', () => {
      lines.end();
      this.#outputs.delete(output);
      this.#left.delete(output);
    });
    this.#outputs.add(output);
    return output;
  }

  /** The command has ended: its output closes by itself, unless a process in the background holds it. */
  #leave(output: Socket): void {
    if (!this.#outputs.has(output)) return;
    this.#left.add(output);
    if (this.#left.size <= MAX_LEFT_OUTPUTS) return;
    const [oldest] = this.#left;
    oldest?.destroy();
    this.#log
      .limited('outputs')
      .warning(
        'too many actions left a process in the background that holds their output: redirect its output',
      );
  }
}

function start(run: ActionRun, command: string, output: number, user: ActionUser | undefined): ChildProcess {
  try {
    return spawn('/bin/sh', ['-c', command], {
      cwd: '/',
      env: run.environment,
      detached: true,
      stdio: ['ignore', output, output],
      ...(user && { uid: user.uid, gid: user.gid }),
    });
  } finally {
    closeSync(output);
  }
}

/** A process group, by its leader. */
class Group implements RunningCommand {
  readonly #leader: number | undefined;

  constructor(leader: number | undefined) {
    this.#leader = leader;
  }

  terminate(): void {
    this.#signal('SIGTERM');
  }

  kill(): void {
    this.#signal('SIGKILL');
  }

  get alive(): boolean {
    return this.#signal(0);
  }

  #signal(signal: NodeJS.Signals | 0): boolean {
    if (this.#leader === undefined) return false;
    try {
      return process.kill(-this.#leader, signal);
    } catch {
      return false; // no process is left
    }
  }
}
