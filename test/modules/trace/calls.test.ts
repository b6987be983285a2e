/** Calls of handlers on Node's TracingChannel. */
import assert from 'node:assert/strict';
import { AsyncLocalStorage } from 'node:async_hooks';
import { tracingChannel } from 'node:diagnostics_channel';
import { test } from 'node:test';
import { Kernel } from '../../../core/index.js';
import { type CallMessage, TRACE_CALLS, TraceModule } from '../../../modules/trace/index.js';

declare module 'carpet-kernel' {
  interface EventHandlers {
    called_event(text: string, count: number): void;
  }
}

test('calls of handlers are published with one context from start to end, while the module is loaded', async () => {
  const errors: string[] = [];
  await using kernel = new Kernel({ name: 'calls-test', log: () => undefined });
  kernel.eventhandler.onError = ({ message }) => errors.push(message);
  await kernel.load(TraceModule);
  kernel.eventhandler.register('called_event', { name: 'at once', owner: 'me', handler: () => {} });
  kernel.eventhandler.register('called_event', {
    name: 'later',
    handler: async () => {
      await Promise.resolve();
      throw new Error('boom');
    },
  });
  const lines: string[] = [];
  const contexts = new Set<CallMessage>();
  const on = (phase: string) => (message: unknown) => {
    const context = message as CallMessage;
    if (context.kernel !== 'calls-test' || context.list !== 'called_event') return;
    contexts.add(context);
    lines.push(`${phase} ${context.handler} ${context.owner} ${context.args.join(' ')}`);
  };
  const subscribers = {
    start: on('start'),
    end: on('end'),
    asyncStart: on('asyncStart'),
    asyncEnd: on('asyncEnd'),
    error: on('error'),
  };
  const channel = tracingChannel<string, CallMessage>(TRACE_CALLS);
  channel.subscribe(subscribers);
  kernel.eventhandler.invoke('called_event', 'x', 1);
  await new Promise(setImmediate);
  await kernel.unload('trace');
  kernel.eventhandler.invoke('called_event', 'y', 2);
  channel.unsubscribe(subscribers);
  assert.deepEqual(lines, [
    'start at once me x 1',
    'end at once me x 1',
    'start later undefined x 1',
    'end later undefined x 1',
    'error later undefined x 1',
    'asyncStart later undefined x 1',
    'asyncEnd later undefined x 1',
  ]);
  assert.equal(contexts.size, 2);
  assert.equal(String([...contexts][1]?.error), 'Error: boom');
});

test('a handler runs within what is bound to the start of its call, and so does what it invokes after an await', async () => {
  await using kernel = new Kernel({ name: 'stores-test' });
  const { eventhandler } = kernel;
  await kernel.load(TraceModule);
  const current = new AsyncLocalStorage<string>();
  const { start, end } = tracingChannel<string, CallMessage>(TRACE_CALLS);
  const pending: unknown[] = [];
  const ended = (call: unknown): void => void pending.push((call as CallMessage).pending);
  start.bindStore(current, ({ handler }) => `${current.getStore() ?? ''}/${handler}`);
  end.subscribe(ended);
  const seen: unknown[] = [];
  const note = (): void => void seen.push(current.getStore());
  eventhandler.register('called_event', {
    name: 'outer',
    handler: async (_text, count) => {
      if (count > 0) return;
      await Promise.resolve();
      eventhandler.invoke('called_event', 'inner', 1);
    },
  });
  eventhandler.register('called_event', { name: 'note', handler: note });
  await eventhandler.invokeAsync('called_event', 'x', 0);
  start.unbindStore(current);
  end.unsubscribe(ended);
  assert.deepEqual(seen, ['/outer/note', '/note']);
  assert.deepEqual(pending, [true, true, false, false]);
});
