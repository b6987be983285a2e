/** What is asked of a module in a worker, without the worker: nobody answers. */
import './support/events.js';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inject, Kernel, Module, Scope, Veto, VirtualClock } from '../../../core/index.js';
import { Forwarder } from '../../../modules/worker/forwarder.js';
import { PendingCalls } from '../../../modules/worker/pending.js';

@Module({ name: 'holder' })
class Holder {
  constructor(@inject(Scope) readonly scope: Scope) {}
}

const LIMITS = { queue: 10, answerMs: 300 };

async function forwarding() {
  const clock = new VirtualClock();
  const kernel = new Kernel({ clock });
  const { scope } = await kernel.load(Holder);
  const pending = new PendingCalls();
  const { eventhandler, log } = kernel;
  const services = { name: 'mute', scope, eventhandler, log, limits: LIMITS, post: () => undefined, pending };
  return { kernel, clock, pending, forwarder: new Forwarder(services as never) };
}

test('a question that is not answered in time is not waited for any longer', async () => {
  const { kernel, clock, pending, forwarder } = await forwarding();
  const list = kernel.eventhandler.defineList('worker_advice', { result: 'collect' });
  for (const each of ['worker_advice', 'kld_unload_try']) forwarder.listen(each, 10_000);
  const veto = new Veto();
  const advice = list.invokeAsync('a');
  const asked = kernel.eventhandler.invokeAsync('kld_unload_try', { name: 'x' } as never, veto);
  assert.equal(pending.size, 2);
  await clock.advance(LIMITS.answerMs);
  await Promise.all([advice, asked]);
  assert.equal(pending.size, 0);
});
