import { Libc, PipeMaker, PosixSpawn } from '../libc/index.js';
import type { Child, ChildOptions } from './child.js';
import { NativeChild, type NativeSpawner } from './native-child.js';
import { NodeChild } from './node-child.js';
import { Stdio } from './stdio.js';

/** Starts programs as children of this process: by posix_spawn(3) where it can be had, or by node:child_process. */
export class ChildStarter {
  /** Made when it is first needed: it holds nothing but the functions of the C library. */
  static #shared: ChildStarter | undefined;
  readonly #pipes = new PipeMaker();
  readonly #native: NativeSpawner | undefined;

  /**
   * @param native whether to use posix_spawn(3) where it can be had
   * @throws CarpetError ENOPKG without koffi
   */
  constructor(native = true) {
    this.#native = native ? nativeSpawner() : undefined;
  }

  /** One for everything that has no reason to have its own. @throws CarpetError ENOPKG without koffi */
  static get shared(): ChildStarter {
    ChildStarter.#shared ??= new ChildStarter();
    return ChildStarter.#shared;
  }

  /** Whether the event loop goes on while a program starts. */
  get isNative(): boolean {
    return this.#native !== undefined;
  }

  /**
   * Starts a program, which need not run yet when this returns; one that cannot be started has ended, with an error.
   * @throws SystemError EMFILE, ENFILE where there is no pipe for it
   */
  start(options: ChildOptions): Child {
    const stdio = new Stdio(options, this.#pipes);
    if (this.#native === undefined || !suits(options)) return new NodeChild(options, stdio);
    return new NativeChild(this.#native, options, stdio);
  }
}

/** posix_spawn(3) does not change the user, and looks in the PATH of this process. */
function suits({ env, file, user }: ChildOptions): boolean {
  if (user !== undefined) return false;
  return env === undefined || file.includes('/') || env['PATH'] === process.env['PATH'];
}

/**
 * Undefined where it cannot be had: on other systems, with a C library that lacks a function of it, on a kernel before 5.3
 * (which lacks pidfd_open(2)), where a filter of system calls forbids that.
 */
function nativeSpawner(): NativeSpawner | undefined {
  try {
    const libc = Libc.load();
    libc.close(libc.pidfd(process.pid));
    return { libc, spawn: new PosixSpawn(), unwatched: new Set() };
  } catch {
    return undefined;
  }
}
