/**
 * Runs commands: `/bin/sh -c command` in `/`, without input, in a session and process group of its own.
 *
 * A command has ended when its process exits, not when its output closes: a process that it left in the background holds
 * the output open. The output is read until its last writer has closed it, so that a daemon started by an action does
 * not die of SIGPIPE. When more than 64 outputs are held open this way, the oldest is closed.
 *
 * @module
 */
import type { Readable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, type Log } from '../../../core/index.js';
import { type Child, ChildStarter, type ChildUser } from '../../programs/index.js';
import type { ActionRun, CommandEnd, RunningCommand, Spawner } from './command.js';
import { OutputLog } from './output.js';

const MAX_LEFT_OUTPUTS = 64;
/** A pipe without a writer yields its 64 KiB, and its end, in a few turns of the event loop. */
const READ_OUT_TURNS = 20;

/** Starts commands by /bin/sh and logs their output. */
export class Shell implements Spawner, Disposable {
  readonly #log: Log;
  readonly #user: ChildUser | undefined;
  readonly #starter = ChildStarter.shared;
  /** All open outputs. */
  readonly #outputs = new Set<Readable>();
  /** Outputs whose command has ended, oldest first. */
  readonly #left = new Set<Readable>();

  /** @param user as whom commands run; without the other groups that this process is in. Default: as this process */
  constructor(log: Log, user?: ChildUser) {
    this.#log = log;
    this.#user = user;
  }

  spawn(run: ActionRun, command: string, ended: (end: CommandEnd) => void): RunningCommand {
    let child: Child;
    try {
      child = this.#starter.start({
        file: '/bin/sh',
        args: ['-c', command],
        cwd: '/',
        env: run.environment,
        session: true,
        input: 'null',
        output: 'pipe',
        user: this.#user,
      });
    } catch (error) {
      // Too many files.
      queueMicrotask(() => ended({ code: null, signal: null, error: describe(error) }));
      return NONE;
    }
    const { output } = child;
    if (output !== undefined) this.#read(output, run.rule);
    void this.#end(child).then(ended);
    return new Group(child);
  }

  /**
   * Waits the few turns of the event loop that it takes to read what ended commands have written, but not for processes
   * in the background.
   */
  async readOut(): Promise<void> {
    await turnsUntil(() => this.#outputs.size === 0);
  }

  /** Closes the outputs that processes in the background hold open. */
  [Symbol.dispose](): void {
    for (const output of this.#outputs) output.destroy();
  }

  /** What a command has written is logged before its end is, and before the next command of its run starts. */
  async #end({ ended, output }: Child): Promise<CommandEnd> {
    const { code, signal, error } = await ended;
    if (output !== undefined) {
      await turnsUntil(() => !this.#outputs.has(output));
      this.#leave(output);
    }
    return { code, signal, ...(error && { error: error.message }) };
  }

  #read(output: Readable, rule: string): void {
    const lines = new OutputLog(this.#log, rule);
    output.on('data', (bytes) => lines.write(bytes));
    output.on('error', () => {}); // 'close' follows
    output.once('close', () => {
      lines.end();
      this.#outputs.delete(output);
      this.#left.delete(output);
    });
    this.#outputs.add(output);
  }

  /** The command has ended: its output closes by itself, unless a process in the background holds it. */
  #leave(output: Readable): void {
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

/** Gives the event loop the few turns that a pipe without a writer needs. */
async function turnsUntil(done: () => boolean): Promise<void> {
  for (let turn = 0; turn < READ_OUT_TURNS && !done(); turn++) await nextTurn();
}

/** A process group, by its leader. */
class Group implements RunningCommand {
  readonly #leader: Child;

  constructor(leader: Child) {
    this.#leader = leader;
  }

  terminate(): void {
    this.#leader.signal('SIGTERM');
  }

  kill(): void {
    this.#leader.signal('SIGKILL');
  }

  get alive(): boolean {
    return this.#leader.alive;
  }
}

/** Of a command that could not be started. */
const NONE: RunningCommand = { terminate: () => undefined, kill: () => undefined, alive: false };
