import type { Callout, EventHandlerList, ProcessId } from '../../../core/index.js';
import type { ProcFiles } from './proc-files.js';

/** Interval between two looks at a dump in progress, in milliseconds. */
const PROGRESS_INTERVAL_MS = 100;
/** Set in a task's exit code if it has written a core: WCOREFLAG. */
const CORE_DUMPED = 0x80;

/** What CoreDumps works with. */
export interface CoreDumpsOptions {
  readonly started: EventHandlerList<[process: ProcessId, pattern: string]>;
  readonly progress: EventHandlerList<[process: ProcessId, written: number]>;
  readonly finished: EventHandlerList<[process: ProcessId, pattern: string]>;
  readonly failed: EventHandlerList<[process: ProcessId, reason: string]>;
  readonly files: ProcFiles;
  readonly callout: (name: string, fn: () => void) => Callout;
}

interface CoreDump {
  readonly process: ProcessId;
  readonly pattern: string;
  /** Its threads that asked for a dump. One of them writes it; the process ends with them. */
  readonly tids: Set<number>;
  /** What the process had written when the dump was noticed. */
  readonly before: number | undefined;
  written: number;
  /** Whether the process was gone at the last look. Its exit may be waiting to be read. */
  gone: boolean;
}

/**
 * The core dumps in progress on the machine. The kernel reports that one begins, and, in the exit code of the thread that
 * wrote it, whether it succeeded. In between, what the process writes is the dump, wherever core_pattern sends it.
 */
export class CoreDumps implements Disposable {
  readonly #options: CoreDumpsOptions;
  readonly #dumps = new Map<number, CoreDump>();
  readonly #callout: Callout;

  constructor(options: CoreDumpsOptions) {
    this.#options = options;
    this.#callout = options.callout('core dumps', () => this.#look());
  }

  /** A thread of the process is about to dump. */
  start(process: ProcessId, tid: number): void {
    const known = this.#dumps.get(process.pid);
    if (known !== undefined) {
      known.tids.add(tid);
      return;
    }
    const { files, started } = this.#options;
    const before = files.written(process.pid);
    const dump = { process, pattern: files.corePattern(), tids: new Set([tid]), before };
    this.#dumps.set(process.pid, { ...dump, written: 0, gone: false });
    if (!this.#callout.pending) this.#callout.reset(PROGRESS_INTERVAL_MS);
    started.invoke(process, dump.pattern);
  }

  /** A thread has ended, with a code as wait(2) has it. */
  exit(pid: number, tid: number, code: number): void {
    const dump = this.#dumps.get(pid);
    if (dump === undefined) return;
    dump.tids.delete(tid);
    if ((code & CORE_DUMPED) === 0 && dump.tids.size > 0) return;
    this.#dumps.delete(pid);
    if ((code & CORE_DUMPED) !== 0) this.#options.finished.invoke(dump.process, dump.pattern);
    else this.#options.failed.invoke(dump.process, NOT_WRITTEN);
  }

  [Symbol.dispose](): void {
    this.#callout.stop();
    this.#dumps.clear();
  }

  #look(): void {
    for (const dump of this.#dumps.values()) {
      if (this.#options.files.exists(dump.process.pid)) this.#measure(dump);
      else if (dump.gone) this.#lose(dump);
      else dump.gone = true;
    }
    if (this.#dumps.size > 0) this.#callout.reset(PROGRESS_INTERVAL_MS);
  }

  #measure(dump: CoreDump): void {
    const now = this.#options.files.written(dump.process.pid);
    if (now === undefined || dump.before === undefined || now - dump.before <= dump.written) return;
    dump.written = now - dump.before;
    this.#options.progress.invoke(dump.process, dump.written);
  }

  #lose({ process }: CoreDump): void {
    this.#dumps.delete(process.pid);
    this.#options.failed.invoke(process, 'the process is gone, and the report of its end was lost');
  }
}

const NOT_WRITTEN =
  'the kernel wrote no core: the limit RLIMIT_CORE, the folder, or the program in core_pattern prevented it';
