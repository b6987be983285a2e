import { Worker } from 'node:worker_threads';
import type { Log } from '../../core/index.js';
import type { Sighting, WatchData } from './protocol.js';

const MAX_HEAP_MIB = 16;
const MAX_YOUNG_MIB = 1;
const STACK_MIB = 1;

/** The thread that watches the kernel. It does not keep the process. */
export class WatchThread implements AsyncDisposable {
  readonly #worker: Worker;

  /** @param saw receives what it has seen, when the kernel runs again */
  constructor(data: WatchData, saw: (sighting: Sighting) => void, log: Log) {
    this.#worker = new Worker(new URL('./watcher/main.js', import.meta.url), {
      workerData: data,
      // What the program preloads is not for this thread.
      execArgv: [],
      name: 'carpet softlockup',
      resourceLimits: {
        maxOldGenerationSizeMb: MAX_HEAP_MIB,
        maxYoungGenerationSizeMb: MAX_YOUNG_MIB,
        stackSizeMb: STACK_MIB,
      },
    });
    this.#worker.unref();
    this.#worker.on('message', saw);
    this.#worker.on('error', ({ message }) =>
      log.error(
        `what holds up the kernel is not named any more, until softlockup is loaded anew: ${message}`,
      ),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker.terminate();
  }
}
