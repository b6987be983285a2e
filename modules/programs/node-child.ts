import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { describe } from '../../core/index.js';
import type { Child, ChildEnd, ChildOptions } from './child.js';
import { kill } from './kill.js';
import type { Stdio } from './stdio.js';

/** A child of node:child_process, for what {@link NativeChild} cannot do: other systems, another user. */
export class NodeChild implements Child {
  readonly file: string;
  readonly args: readonly string[];
  readonly input: Writable | undefined;
  readonly output: Readable | undefined;
  readonly ended: Promise<ChildEnd>;
  readonly #session: boolean;
  #child: ChildProcess | undefined;

  constructor(options: ChildOptions, stdio: Stdio) {
    this.file = options.file;
    this.args = options.args;
    this.#session = options.session;
    this.input = stdio.input;
    this.output = stdio.output;
    this.ended = new Promise((resolve) => {
      const failed = (error: unknown): void => {
        const { code } = error as { code?: string };
        stdio.abandon();
        resolve({ code: null, signal: null, error: { code, message: describe(error) } });
      };
      try {
        this.#child = start(options, stdio);
      } catch (error) {
        // A NUL byte, too many files or processes, a command line that is too long.
        return failed(error);
      }
      this.#child.once('error', failed).once('exit', (code, signal) => resolve({ code, signal }));
      stdio.started();
    });
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  get alive(): boolean {
    if (this.pid === undefined) return false;
    return this.#session
      ? kill(-this.pid, 0)
      : this.#child?.exitCode === null && this.#child.signalCode === null;
  }

  signal(signal: NodeJS.Signals): void {
    if (this.pid === undefined) return;
    if (this.#session) kill(-this.pid, signal);
    else this.#child?.kill(signal);
  }

  unref(): void {
    this.#child?.unref();
  }
}

function start({ file, args, env, cwd, session, user }: ChildOptions, stdio: Stdio): ChildProcess {
  return spawn(file, args, {
    ...(env && { env }),
    ...(cwd !== undefined && { cwd }),
    ...(user && { uid: user.uid, gid: user.gid }),
    detached: session,
    stdio: [...stdio.descriptors],
  });
}
