/** Lists with a result some of whose handlers are in a worker. */
import './support/events.js';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Kernel, type ResultKind } from '../../../core/index.js';
import { WorkerModule } from '../../../modules/worker/index.js';
import { Advisor } from './support/advisor.js';

async function start(): Promise<{ kernel: Kernel; log: string[] } & AsyncDisposable> {
  const log: string[] = [];
  const kernel = new Kernel({ log: ({ message }) => void log.push(message) });
  await kernel.load(WorkerModule);
  await kernel.load(Advisor, undefined, { isolate: { in: 'worker', answerMs: 300 } });
  kernel.eventhandler.register('worker_advice', (text) => `${text}k`, undefined, 15_000);
  return { kernel, log, [Symbol.asyncDispose]: () => kernel.shutdown().then(() => undefined) };
}

const RESULTS: Readonly<Record<ResultKind, unknown>> = {
  bail: 'a1',
  collect: ['a1', 'a2', 'ak', 'a3'],
  waterfall: 'a12k3',
};

for (const result of ['bail', 'collect', 'waterfall'] as const)
  test(`a ${result} list asks handlers in a worker in their place, and waits as long as it says`, async () => {
    await using at = await start();
    const list = at.kernel.eventhandler.defineList('worker_advice', { result });
    assert.deepEqual(await list.invokeAsync('a'), RESULTS[result]);
    const failed = { bail: 'fail2', collect: ['fail2', 'failk', 'fail3'], waterfall: 'fail2k3' }[result];
    assert.deepEqual(await list.invokeAsync('fail'), failed, 'the next one is asked');
    const passed = { bail: 'pass2', collect: ['pass2', 'passk', 'pass3'], waterfall: 'pass2k3' }[result];
    assert.deepEqual(await list.invokeAsync('pass'), passed);
    if (result === 'bail') return;
    const late = { collect: ['neverk', 'never3'], waterfall: 'neverk3' }[result];
    assert.deepEqual(await list.invokeAsync('never'), late);
    assert.ok(
      at.log.some((line) => line.includes('advisor did not answer within 300 ms')),
      at.log.join('\n'),
    );
    const errors = at.kernel.sysctl.get('kern.handler_errors')!;
    const before = errors.value as number;
    const now = list.invoke('a');
    assert.deepEqual(now, result === 'collect' ? ['ak'] : 'ak', 'an answer cannot be waited for');
    assert.equal(errors.value, before + 2);
  });

test('a list that fails closed throws for a worker that fails, is late, or cannot answer at once', async () => {
  await using at = await start();
  const list = at.kernel.eventhandler.defineList('worker_advice', { result: 'collect', failClosed: true });
  await assert.rejects(list.invokeAsync('fail'), /no idea/);
  await assert.rejects(list.invokeAsync('never'), /did not answer within 300 ms/);
  assert.throws(() => list.invoke('a'), /cannot answer at once/);
  assert.deepEqual(await list.invokeAsync('a'), RESULTS.collect);
});
