import { syncBuiltinESMExports } from 'node:module';
import type { TestContext } from 'node:test';
import threads from 'node:worker_threads';

/** A machine that has no thread to give, so many times. */
export interface ThreadShortage {
  failures: number;
  /** The threads that were made all the same. */
  readonly made: threads.Worker[];
}

/** Makes `new Worker` fail as it does at the limit of processes, for all who import it, until the test ends. */
export function shortOfThreads(t: TestContext): ThreadShortage {
  const { Worker } = threads;
  const shortage: ThreadShortage = { failures: 0, made: [] };
  t.after(() => replaceWorker(Worker));
  replaceWorker(
    class extends Worker {
      constructor(...args: ConstructorParameters<typeof Worker>) {
        if (shortage.failures-- > 0) throw new Error('EAGAIN');
        super(...args);
        shortage.made.push(this);
      }
    },
  );
  return shortage;
}

function replaceWorker(Worker: typeof threads.Worker): void {
  Object.assign(threads, { Worker });
  syncBuiltinESMExports();
}
