import { channel } from 'node:diagnostics_channel';
import type { Readable, Writable } from 'node:stream';
import { describe } from '../../core/index.js';
import { type Libc, Poller, type PosixSpawn } from '../libc/index.js';
import { CHILD_CHANNEL, type Child, type ChildEnd, type ChildMessage, type ChildOptions } from './child.js';
import { kill } from './kill.js';
import type { Stdio } from './stdio.js';

/**
 * Kept, for Node 20: after it has collected a channel that nobody holds, it drops the next one of that name from its
 * table, with whoever has subscribed to that.
 */
const started = channel(CHILD_CHANNEL);

/** What starts children without holding the event loop. */
export interface NativeSpawner {
  readonly libc: Libc;
  readonly spawn: PosixSpawn;
  /** Children whose end nothing reports, for want of descriptors: they are waited for when the next one starts. */
  readonly unwatched: Set<number>;
}

/** A child of posix_spawn(3), whose end its pidfd reports. It runs some milliseconds after it is made. */
export class NativeChild implements Child {
  readonly file: string;
  readonly args: readonly string[];
  readonly input: Writable | undefined;
  readonly output: Readable | undefined;
  readonly ended: Promise<ChildEnd>;
  readonly #spawner: NativeSpawner;
  readonly #options: ChildOptions;
  /** Signals that wait for it to run. */
  readonly #early: NodeJS.Signals[] = [];
  #pid: number | undefined;
  #poller: Poller | undefined;
  #isReferenced = true;
  #isOver = false;

  constructor(spawner: NativeSpawner, options: ChildOptions, stdio: Stdio) {
    this.#spawner = spawner;
    this.#options = options;
    this.file = options.file;
    this.args = options.args;
    this.input = stdio.input;
    this.output = stdio.output;
    this.ended = this.#live(stdio);
  }

  get pid(): number | undefined {
    return this.#pid;
  }

  get alive(): boolean {
    const { session } = this.#options;
    if (this.#pid === undefined) return !this.#isOver;
    return session ? kill(-this.#pid, 0) : !this.#isOver;
  }

  signal(signal: NodeJS.Signals): void {
    const { session } = this.#options;
    if (this.#pid === undefined) this.#early.push(signal);
    else if (session) kill(-this.#pid, signal);
    // Its number may be another process's when it was waited for.
    else if (!this.#isOver) kill(this.#pid, signal);
  }

  unref(): void {
    this.#isReferenced = false;
    this.#poller?.unref();
  }

  async #live(stdio: Stdio): Promise<ChildEnd> {
    try {
      const pid = await this.#start(stdio);
      stdio.started();
      this.#pid = pid;
      const message = { child: this } as unknown as ChildMessage;
      started.publish(message);
      for (const signal of this.#early) this.signal(signal);
      return await this.#exit(pid);
    } catch (error) {
      // What is reported as failed must not run on without a limit.
      if (this.#pid !== undefined) {
        this.signal('SIGKILL');
        this.#spawner.unwatched.add(this.#pid);
      }
      stdio.abandon();
      const { code } = error as { code?: string };
      return { code: null, signal: null, error: { code, message: describe(error) } };
    } finally {
      this.#isOver = true;
    }
  }

  async #start(stdio: Stdio): Promise<number> {
    const { libc, unwatched } = this.#spawner;
    for (const pid of unwatched) if (libc.waitpid(pid) !== undefined) unwatched.delete(pid);
    const { file, args, cwd, env = process.env, session } = this.#options;
    const environment = Object.entries(env).flatMap(([name, value]) =>
      value === undefined ? [] : [`${name}=${value}`],
    );
    const request = { environment, cwd, session, stdio: stdio.descriptors };
    try {
      return await this.#spawner.spawn.start({ ...request, file, args });
    } catch (error) {
      // A script without #!: execvp(3) gives it to the shell.
      if ((error as { code?: string }).code !== 'ENOEXEC' || !file.includes('/')) throw error;
      return await this.#spawner.spawn.start({ ...request, file: '/bin/sh', args: [file, ...args] });
    }
  }

  /** @throws SystemError EMFILE, ENFILE when its end cannot be watched */
  #exit(pid: number): Promise<ChildEnd> {
    const { libc } = this.#spawner;
    const fd = libc.pidfd(pid);
    return new Promise((resolve, reject) => {
      const look = (): void => {
        const status = libc.waitpid(pid);
        if (status === undefined) return;
        this.#poller?.[Symbol.dispose]();
        libc.close(fd);
        resolve(status);
      };
      try {
        this.#poller = new Poller(libc, fd, look);
        if (!this.#isReferenced) this.#poller.unref();
      } catch (error) {
        libc.close(fd);
        reject(error);
      }
    });
  }
}
