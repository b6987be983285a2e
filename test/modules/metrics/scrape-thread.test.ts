/** The thread that serves scrapers, where the machine gives no thread for it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Log, VirtualClock } from '../../../core/index.js';
import { ScrapeThread } from '../../../modules/metrics/listen/scrape-thread.js';
import { shortOfThreads } from '../../support/short-of-threads.js';

const RESTART_MS = 1_000;

test('a server that failed is tried again until there is a thread for it', async (t) => {
  const shortage = shortOfThreads(t);
  const { made } = shortage;
  const clock = new VirtualClock();
  const lines: string[] = [];
  const log = new Log(({ message }) => lines.push(message), clock);
  const address = { host: '127.0.0.1', port: 0 };
  const thread = await ScrapeThread.listen(address, { clock, log, render: () => '' });
  shortage.failures = 1;
  await made[0]!.terminate();
  await clock.advance(RESTART_MS);
  assert.equal(made.length, 1);
  await clock.advance(RESTART_MS);
  assert.match(lines[0]!, /the metrics server failed and is started anew: its thread has ended/);
  assert.equal(made.length, 2);
  await thread[Symbol.asyncDispose]();
});

test('a server that fails while it listens is ended, and started anew', async (t) => {
  const { made } = shortOfThreads(t);
  const clock = new VirtualClock();
  const lines: string[] = [];
  const log = new Log(({ message }) => lines.push(message), clock);
  const address = { host: '127.0.0.1', port: 0 };
  const thread = await ScrapeThread.listen(address, { clock, log, render: () => '' });
  const ended = new Promise((resolve) => made[0]!.once('exit', () => resolve('ended')));
  t.after(() => made[0]!.terminate());
  made[0]!.emit('message', { type: 'failed', code: 'EMFILE' });
  const late = new Promise((resolve) => setTimeout(resolve, 2_000, 'still there'));
  assert.equal(await Promise.race([ended, late]), 'ended');
  await clock.advance(RESTART_MS);
  assert.deepEqual(lines, ['the metrics server failed and is started anew: EMFILE']);
  assert.equal(made.length, 2);
  await thread[Symbol.asyncDispose]();
});
