/** The thread that serves scrapers, where the machine gives no thread for it. */
import assert from 'node:assert/strict';
import { syncBuiltinESMExports } from 'node:module';
import { test } from 'node:test';
import threads from 'node:worker_threads';
import { Log, VirtualClock } from '../../../core/index.js';
import { ScrapeThread } from '../../../modules/metrics/listen/scrape-thread.js';

const RESTART_MS = 1_000;

test('a server that failed is tried again until there is a thread for it', async (t) => {
  const { Worker } = threads;
  const made: threads.Worker[] = [];
  let failures = 0;
  t.after(() => replaceWorker(Worker));
  replaceWorker(
    class extends Worker {
      constructor(...args: ConstructorParameters<typeof Worker>) {
        if (failures-- > 0) throw new Error('EAGAIN');
        super(...args);
        made.push(this);
      }
    },
  );
  const clock = new VirtualClock();
  const lines: string[] = [];
  const log = new Log(({ message }) => lines.push(message), clock);
  const address = { host: '127.0.0.1', port: 0 };
  const thread = await ScrapeThread.listen(address, { clock, log, render: () => '' });
  failures = 1;
  await made[0]!.terminate();
  await clock.advance(RESTART_MS);
  assert.equal(made.length, 1);
  await clock.advance(RESTART_MS);
  assert.match(lines[0]!, /the metrics server failed and is started anew: its thread has ended/);
  assert.equal(made.length, 2);
  await thread[Symbol.asyncDispose]();
});

/** For all who import it. */
function replaceWorker(Worker: typeof threads.Worker): void {
  Object.assign(threads, { Worker });
  syncBuiltinESMExports();
}
