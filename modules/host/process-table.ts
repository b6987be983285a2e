import type { ChildProcess } from 'node:child_process';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { basename } from 'node:path';
import type { EventHandlerRegistry } from '../../core/index.js';
import { CHILD_CHANNEL, type ChildMessage } from '../programs/index.js';

const CHANNEL = 'child_process';

/** A child process, as its parent knows it. */
export interface Process {
  readonly pid: number;
  /** The program's file name, without its folder. */
  readonly name: string;
  /** The arguments, with the program as it was called first. */
  readonly args: readonly string[];
}

/** How a child ended: `code` or `signal` is set. */
export interface ProcessStatus {
  /** Exit status, 0 to 255, when it ended by itself. */
  readonly code: number | null;
  /** The signal that ended it. */
  readonly signal: string | null;
}

/**
 * The children of this process, whichever module started them: devd's actions, ucarp's scripts, what a user's module
 * starts with node:child_process. Each is announced on a diagnostics channel, except those of `spawnSync` and its like.
 */
export class ProcessTable implements Disposable {
  readonly #eventhandler: EventHandlerRegistry;
  readonly #children = new Set<Process>();
  /** To be called so that a child of node:child_process is forgotten. */
  readonly #release = new Map<Process, () => void>();
  readonly #announced = (message: unknown): void =>
    this.#expect((message as { process: ChildProcess }).process);
  readonly #started = (message: unknown): void => {
    const { pid, file, args, ended } = (message as ChildMessage).child;
    const process: Process = { pid, name: basename(file), args: [file, ...args] };
    this.#adopt(process);
    void ended.then(({ code, signal }) => this.#ended(process, { code, signal }));
  };
  #disposed = false;

  constructor(eventhandler: EventHandlerRegistry) {
    this.#eventhandler = eventhandler;
    subscribe(CHANNEL, this.#announced);
    subscribe(CHILD_CHANNEL, this.#started);
  }

  /** The living children, in the order in which they were started. */
  list(): Process[] {
    return [...this.#children];
  }

  [Symbol.dispose](): void {
    this.#disposed = true;
    unsubscribe(CHANNEL, this.#announced);
    unsubscribe(CHILD_CHANNEL, this.#started);
    for (const release of this.#release.values()) release();
    this.#release.clear();
    this.#children.clear();
  }

  /** Node announces a child before it starts it. By the next microtask it has a pid, or has failed to start. */
  #expect(child: ChildProcess): void {
    queueMicrotask(() => {
      const { pid } = child;
      if (this.#disposed || pid === undefined) return;
      const process: Process = { pid, name: basename(child.spawnfile), args: [...child.spawnargs] };
      const ended = (code: number | null, signal: string | null): void =>
        this.#ended(process, { code, signal });
      child.once('exit', ended);
      this.#release.set(process, () => child.off('exit', ended));
      this.#adopt(process);
    });
  }

  #adopt(process: Process): void {
    this.#children.add(process);
    this.#eventhandler.invoke('process_fork', process);
    this.#eventhandler.invoke('process_exec', process);
  }

  #ended(process: Process, status: ProcessStatus): void {
    this.#release.delete(process);
    if (this.#children.delete(process)) this.#eventhandler.invoke('process_exit', process, status);
  }
}
