import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EventHandlerRegistry, type EventHandlerTracer } from '../../../core/eventhandler/index.js';
import './events.js';

/** A tracer that notes what it is told, one line each. */
function note(lines: string[]): EventHandlerTracer {
  return {
    created: (list) => lines.push(`created ${list}`),
    registered: (list, { handler, priority, owner }) =>
      lines.push(`registered ${list} ${handler} ${priority} ${owner}`),
    deregistered: (list, { handler, calls }) => lines.push(`deregistered ${list} ${handler} ${calls}`),
    invoked: (list, args) => lines.push(`invoked ${list} ${JSON.stringify(args)}`),
  };
}

test('lists() shows every list with its handlers in the order of their calls', async () => {
  const registry = new EventHandlerRegistry({ onError: () => {} });
  registry.defineList('other_event');
  function byName(): void {}
  registry.register('test_event', byName, undefined, 20_000);
  registry.register('test_event', { handler: () => new Promise(() => {}), owner: 'pager', priority: 3 });
  registry.register('test_event', {
    name: 'fails',
    handler: () => {
      throw new Error('x');
    },
  });
  registry.invoke('test_event', 'x');
  void registry.invokeAsync('test_event', 'x');
  await Promise.resolve();
  assert.deepEqual(registry.lists(), [
    { name: 'other_event', runcount: 0, deadcount: 0, entries: [] },
    {
      name: 'test_event',
      runcount: 1,
      deadcount: 0,
      entries: [
        { priority: 3, handler: 'handler', owner: 'pager', calls: 2, errors: 0, running: 2 },
        { priority: 10_000, handler: 'fails', calls: 1, errors: 1, running: 0 },
        { priority: 20_000, handler: 'byName', calls: 1, errors: 0, running: 0 },
      ],
    },
  ]);
});

test('S25: a tracer is told of creation, registration, invocation and deregistration, until it is disposed of', () => {
  const registry = new EventHandlerRegistry();
  const lines: string[] = [];
  const seen: string[] = [];
  registry.defineList('other_event');
  {
    using _tracing = registry.trace(note(lines));
    const tag = registry.register('test_event', {
      name: 'a',
      owner: 'pager',
      handler: (text) => void seen.push(`handled ${text}`, ...lines.splice(0)),
    });
    registry.invoke('test_event', 'x');
    registry.invoke('other_event');
    registry.deregisterNowait('test_event', tag);
    registry.deregisterNowait('test_event', tag);
    registry.deregisterNowait('test_event', null);
  }
  registry.defineList('pair_event');
  registry.invoke('test_event', 'y');
  assert.deepEqual(seen, [
    'handled x',
    'created test_event',
    'registered test_event a 10000 pager',
    'invoked test_event ["x"]',
  ]);
  assert.deepEqual(lines, ['invoked other_event []', 'deregistered test_event a 1']);
});

test('S25: what is registered and removed within one dispatch is told too, with its own calls', async () => {
  const registry = new EventHandlerRegistry();
  const lines: string[] = [];
  using _tracing = registry.trace({ deregistered: note(lines).deregistered! });
  for (let i = 0; i < 3; i++) registry.invoke('test_event', 'x');
  const handler = (): void => {
    const shortLived = registry.register('test_event', { name: 'short-lived', handler: () => {} });
    registry.register('test_event', () => registry.deregisterNowait('test_event', shortLived));
    registry.deregisterNowait('test_event', within);
  };
  const within = registry.register('test_event', { name: 'within', handler });
  const closed = assert.rejects(registry.once('test_event', { priority: 20_000 }), { code: 'ECLOSED' });
  registry.register('test_event', () => registry.deregisterNowait('test_event', null), undefined, 15_000);
  registry.invoke('test_event', 'x');
  await closed;
  assert.deepEqual(lines.slice(0, 2), ['deregistered test_event within 1', 'deregistered test_event short-lived 1']);
  assert.equal(lines.length, 5);
});

test('S25: tracing is not part of what it shows, and several tracers do not disturb each other', async () => {
  const registry = new EventHandlerRegistry();
  const first: string[] = [];
  const second: string[] = [];
  const one = registry.trace(note(first));
  const two = registry.trace(note(second));
  registry.register('test_event', () => one[Symbol.dispose]());
  assert.equal(registry.findList('test_event')?.length, 1);
  assert.equal(registry.lists()[0]?.entries.length, 1);
  await registry.invokeAsync('test_event', 'x');
  await registry.invokeAsync('test_event', 'y');
  two[Symbol.dispose]();
  one[Symbol.dispose]();
  registry.invoke('test_event', 'z');
  const invoked = (lines: string[]): string[] => lines.filter((line) => line.startsWith('invoked'));
  assert.deepEqual(invoked(first), ['invoked test_event ["x"]']);
  assert.deepEqual(invoked(second), ['invoked test_event ["x"]', 'invoked test_event ["y"]']);
  assert.equal(registry.lists()[0]?.deadcount, 0);
});

test('a tracer that throws is reported, and the handlers run', () => {
  const errors: string[] = [];
  const registry = new EventHandlerRegistry({ onError: (error) => errors.push(error.message) });
  const calls: string[] = [];
  registry.register('test_event', (text) => void calls.push(text));
  using _tracing = registry.trace({
    invoked: () => {
      throw new Error('full');
    },
  });
  registry.invoke('test_event', 'x');
  assert.deepEqual(calls, ['x']);
  assert.deepEqual(errors, ['test_event: handler trace (priority -1) failed: full']);
});

test('a tracer that throws at a creation, registration or deregistration disturbs none of them', () => {
  const warnings: string[] = [];
  const registry = new EventHandlerRegistry({ warn: (message) => warnings.push(message) });
  const fail = (): never => {
    throw new Error('full');
  };
  using _tracing = registry.trace({ created: fail, registered: fail, deregistered: fail });
  const tag = registry.register('test_event', () => {});
  registry.deregisterNowait('test_event', tag);
  assert.equal(registry.findList('test_event')?.length, 0);
  assert.deepEqual(warnings, Array(3).fill('a tracer failed: full'));
});

test('a list that grows without end is warned about, with the place that registers most', () => {
  const warnings: string[] = [];
  const registry = new EventHandlerRegistry({ leakThreshold: 20, warn: (message) => warnings.push(message) });
  function leaky(): void {
    registry.register('test_event', () => {});
  }
  function innocent(): void {
    registry.register('test_event', () => {});
  }
  for (let i = 0; i < 12; i++) innocent();
  for (let i = 0; i < 18; i++) leaky();
  assert.equal(warnings.length, 2, 'at the threshold, and when it has grown by half');
  assert.match(
    String(warnings[0]),
    /^test_event: 20 handlers are registered, which looks like a leak; 8 of /,
  );
  assert.match(String(warnings[0]).split('\n')[1] ?? '', /leaky/);
  assert.match(String(warnings[1]), /^test_event: 30 handlers are registered, .*; 18 of /);
});

test('handlers that come and go are no leak', () => {
  const warnings: string[] = [];
  const registry = new EventHandlerRegistry({ leakThreshold: 20, warn: (message) => warnings.push(message) });
  for (let i = 0; i < 15; i++) registry.register('test_event', () => {});
  for (let i = 0; i < 1000; i++) {
    const tag = registry.register('test_event', () => {});
    registry.deregisterNowait('test_event', tag);
  }
  assert.deepEqual(warnings, []);
});
