/** Threads that end at a bad moment, or cannot be made: each end counts once, and the policy decides what follows. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { shortOfThreads } from '../../support/short-of-threads.js';
import { EchoKernel } from './support/kernel.js';

/** Longer than the profiler may take to say where a thread is. */
const STACK_MS = 4_000;

test('a thread that ends while it is looked at is not ended a second time in the form of its successor', async () => {
  await using echo = await EchoKernel.start({ stallMs: 200, restart: { delayMs: 0 } });
  echo.kernel.eventhandler.invoke('worker_test', 'sleep and exit', 0.8);
  await echo.until(() => echo.isolation.restarts === 1 && echo.isolation.state === 'running');
  await new Promise((resolve) => setTimeout(resolve, STACK_MS));
  assert.deepEqual([echo.isolation.restarts, echo.isolation.state], [1, 'running']);
  assert.match(echo.isolation.lastEnd!, /ended itself with exit code 3/);
});

test('a restart for which the machine has no thread is tried again', async (t) => {
  await using echo = await EchoKernel.start({ restart: { delayMs: 20 } });
  shortOfThreads(t).failures = 1;
  echo.kernel.eventhandler.invoke('worker_test', 'exit');
  await echo.logged(/its worker cannot be made: EAGAIN; restart 2 of 5 in 20 ms/);
  await echo.until(() => echo.isolation.state === 'running');
  assert.equal(echo.isolation.restarts, 2);
  assert.equal(await echo.kernel.offers('echo').call('double', [2]), 4);
});

test('a module that is unloaded before its thread is started again leaves nobody waiting', async () => {
  await using echo = await EchoKernel.start({ restart: { delayMs: 60_000 } });
  const { kernel } = echo;
  kernel.eventhandler.invoke('worker_test', 'exit');
  await echo.until(() => echo.isolation.state === 'restarting');
  const awaited = kernel.eventhandler.invokeAsync('worker_test', 'read');
  await kernel.unload('echo', { timeout: 5_000 });
  await awaited;
});
