import assert from 'node:assert/strict';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { after, test } from 'node:test';
import { Kernel } from '../../../core/index.js';
import {
  type HandlerMessage,
  type InvokeMessage,
  TRACE_CHANNELS,
  TraceModule,
} from '../../../modules/trace/index.js';
import { strict } from '../../support/kernel.js';

declare module 'carpet-kernel' {
  interface EventHandlers {
    traced_event(text: string, count: number): void;
  }
}

const lines: string[] = [];
const name = 'trace-test';
const listeners = Object.entries(TRACE_CHANNELS).map(([point, channel]) => {
  const listener = (message: unknown): void => {
    const { kernel, list, handler, args } = message as HandlerMessage & InvokeMessage;
    if (kernel !== name || list !== 'traced_event') return;
    lines.push([point, ...(handler ? [handler.handler, handler.owner] : []), ...(args ?? [])].join(' '));
  };
  subscribe(channel, listener);
  return { channel, listener };
});
after(() => {
  for (const { channel, listener } of listeners) unsubscribe(channel, listener);
});

test('trace points are published while the module is loaded', async () => {
  await using kernel = new Kernel({ ...strict, name });
  await using other = new Kernel({ ...strict, name: 'another' });
  await other.load(TraceModule);
  await kernel.load(TraceModule);
  const tag = kernel.eventhandler.register('traced_event', {
    name: 'counts',
    owner: 'me',
    handler: () => {},
  });
  kernel.eventhandler.invoke('traced_event', 'x', 1);
  await kernel.eventhandler.invokeAsync('traced_event', 'y', 2);
  other.eventhandler.register('traced_event', () => {});
  other.eventhandler.invoke('traced_event', 'not this kernel', 3);
  kernel.eventhandler.deregisterNowait('traced_event', tag);
  await kernel.unload('trace');
  kernel.eventhandler.register('traced_event', () => {});
  kernel.eventhandler.invoke('traced_event', 'untraced', 4);
  assert.deepEqual(lines, [
    'create',
    'register counts me',
    'invoke x 1',
    'invoke y 2',
    'deregister counts me',
  ]);
});
