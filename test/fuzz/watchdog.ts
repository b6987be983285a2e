import { Worker } from 'node:worker_threads';

/** A run takes less than a millisecond; with two hundred actions of which some wait for ever, a minute and some more. */
const HANG_MS = 400_000;

/**
 * Ends the process when it stands still: a parser that never returns holds up everything in its thread, so another one has
 * to look.
 */
export class Watchdog implements AsyncDisposable {
  readonly #seen = new Int32Array(new SharedArrayBuffer(8));
  readonly #worker: Worker;

  constructor(name: string) {
    this.#worker = new Worker(CODE, {
      eval: true,
      workerData: { seen: this.#seen, name, hangMs: HANG_MS },
    });
  }

  /** A run begins, of the batch with this seed. */
  alive(seed: number): void {
    Atomics.store(this.#seen, 1, seed);
    Atomics.add(this.#seen, 0, 1);
    Atomics.notify(this.#seen, 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker.terminate();
  }
}

const CODE = `
const { writeSync } = require('node:fs');
const { workerData: { seen, name, hangMs } } = require('node:worker_threads');
for (;;) {
  const before = Atomics.load(seen, 0);
  if (Atomics.wait(seen, 0, before, hangMs) !== 'timed-out') continue;
  writeSync(2, name + ' hangs; again: npm run fuzz -- ' + name + ' --seed ' + Atomics.load(seen, 1) + '\\n');
  process.kill(process.pid, 'SIGKILL');
}`;
