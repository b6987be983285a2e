import type { ChildProcess } from 'node:child_process';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { basename } from 'node:path';
import type { EventHandlerRegistry } from '../../core/index.js';

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
 * The children of this process, whichever module started them with node:child_process: devd's actions, ucarp's scripts.
 * Node announces each on a diagnostics channel, except those of `spawnSync` and its like.
 */
export class ProcessTable implements Disposable {
  readonly #eventhandler: EventHandlerRegistry;
  readonly #children = new Map<ChildProcess, { process: Process; ended: (...status: ExitArgs) => void }>();
  readonly #announced = (message: unknown): void =>
    this.#expect((message as { process: ChildProcess }).process);
  #disposed = false;

  constructor(eventhandler: EventHandlerRegistry) {
    this.#eventhandler = eventhandler;
    subscribe(CHANNEL, this.#announced);
  }

  /** The living children, in the order in which they were started. */
  list(): Process[] {
    return [...this.#children.values()].map(({ process }) => process);
  }

  [Symbol.dispose](): void {
    this.#disposed = true;
    unsubscribe(CHANNEL, this.#announced);
    for (const [child, { ended }] of this.#children) child.off('exit', ended);
    this.#children.clear();
  }

  /** Node announces a child before it starts it. By the next microtask it has a pid, or has failed to start. */
  #expect(child: ChildProcess): void {
    queueMicrotask(() => {
      if (!this.#disposed && child.pid !== undefined) this.#adopt(child, child.pid);
    });
  }

  #adopt(child: ChildProcess, pid: number): void {
    const process: Process = { pid, name: basename(child.spawnfile), args: [...child.spawnargs] };
    const ended = (code: number | null, signal: string | null): void => {
      this.#children.delete(child);
      this.#eventhandler.invoke('process_exit', process, { code, signal });
    };
    child.once('exit', ended);
    this.#children.set(child, { process, ended });
    this.#eventhandler.invoke('process_fork', process);
    this.#eventhandler.invoke('process_exec', process);
  }
}

type ExitArgs = [code: number | null, signal: string | null];
