import { Worker } from 'node:worker_threads';

/** A run takes less than a millisecond; with two hundred actions of which some wait for ever, a minute and some more. */
const HANG_MS = 400_000;
const LOOKS = 40;

/**
 * Ends the process when it stands still: a parser that never returns holds up everything in its thread, so another one has
 * to look. It looks every ten seconds: to be woken by every run would cost more than most runs do.
 */
export class Watchdog implements AsyncDisposable {
  /** How many runs have begun, the seed of the last one, and a place that nothing ever changes. */
  readonly #seen = new Int32Array(new SharedArrayBuffer(12));
  readonly #worker: Worker;

  /** @param hangMs - how long a run may take at most before the process is ended. */
  constructor(name: string, hangMs = HANG_MS) {
    this.#worker = new Worker(CODE, {
      eval: true,
      execArgv: [], // the code is CommonJS, whatever this process was started with
      workerData: { seen: this.#seen, name, looks: LOOKS, lookMs: hangMs / LOOKS },
    });
  }

  /** A run begins, of the batch with this seed. */
  alive(seed: number): void {
    Atomics.store(this.#seen, 1, seed);
    Atomics.add(this.#seen, 0, 1);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker.terminate();
  }
}

const CODE = `
const { writeSync } = require('node:fs');
const { workerData: { seen, name, looks, lookMs } } = require('node:worker_threads');
for (let before = 0, same = 0; same < looks; ) {
  Atomics.wait(seen, 2, 0, lookMs);
  const now = Atomics.load(seen, 0);
  same = now === before ? same + 1 : 0;
  before = now;
}
writeSync(2, name + ' hangs; again: npm run fuzz -- ' + name + ' --seed ' + Atomics.load(seen, 1) + '\\n');
process.kill(process.pid, 'SIGKILL');`;
