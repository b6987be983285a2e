import type { EventHandlerList, EventHandlerRegistry, ProcessId, ThreadId } from '../../../core/index.js';
import type { ProcessStatus } from '../process-table.js';
import type { CoreDumps } from './core-dumps.js';
import type { ProcEvent } from './proc-event.js';
import { type ProcFiles, statusOf } from './proc-files.js';

/** Turns reports of the process connector into events. A list without handlers costs no look into /proc. */
export class ProcessReporter {
  readonly #files: ProcFiles;
  readonly #dumps: CoreDumps;
  readonly #made: EventHandlerList<[process: ProcessId]>;
  readonly #ended: EventHandlerList<[process: ProcessId, status: ProcessStatus]>;
  readonly #executed: EventHandlerList<[process: ProcessId]>;
  readonly #threadMade: EventHandlerList<[thread: ThreadId]>;
  readonly #threadEnded: EventHandlerList<[thread: ThreadId]>;
  readonly #threads: boolean;

  constructor(eventhandler: EventHandlerRegistry, files: ProcFiles, dumps: CoreDumps, threads: boolean) {
    this.#files = files;
    this.#dumps = dumps;
    this.#threads = threads;
    this.#made = eventhandler.defineList('process_ctor');
    this.#ended = eventhandler.defineList('process_dtor');
    this.#executed = eventhandler.defineList('machine_exec');
    this.#threadMade = eventhandler.defineList('thread_ctor');
    this.#threadEnded = eventhandler.defineList('thread_dtor');
  }

  report(event: ProcEvent): void {
    if (event.what === 'ack') return;
    const { pid, tid } = event;
    if (event.what === 'exec') this.#tell(this.#executed, pid);
    else if (event.what === 'coredump') this.#dumps.start(this.#process(pid), tid);
    else if (event.what === 'exit') this.#exit(pid, tid, event.code);
    else if (pid === tid) this.#tell(this.#made, pid);
    else if (this.#threads) this.#threadMade.invoke({ pid, tid });
  }

  #exit(pid: number, tid: number, code: number): void {
    this.#dumps.exit(pid, tid, code);
    if (pid === tid) {
      if (this.#ended.length > 0) this.#ended.invoke(this.#process(pid), statusOf(code));
    } else if (this.#threads) this.#threadEnded.invoke({ pid, tid });
  }

  #tell(list: EventHandlerList<[process: ProcessId]>, pid: number): void {
    if (list.length > 0) list.invoke(this.#process(pid));
  }

  #process(pid: number): ProcessId {
    const name = this.#files.name(pid);
    return name === undefined ? { pid } : { pid, name };
  }
}
