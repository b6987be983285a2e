import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  EVENTHANDLER_PRI_ANY,
  EVENTHANDLER_PRI_FIRST,
  EVENTHANDLER_PRI_LAST,
  EventHandlerRegistry,
} from '../../../core/eventhandler/index.js';
import { Kernel, Scope } from '../../../core/index.js';
import './events.js';

test('S1: a list is found by its name, is the same each time, and outlives its handlers', () => {
  const registry = new EventHandlerRegistry();
  assert.equal(registry.findList('test_event'), undefined);
  const list = registry.defineList('test_event');
  assert.equal(registry.defineList('test_event'), list);
  assert.equal(registry.findList('test_event'), list);
  const tag = registry.register('test_event', () => {});
  registry.deregisterNowait('test_event', tag);
  assert.equal(registry.findList('test_event'), list);
});

test('S2: register creates the list; defineList creates it before anybody registers', () => {
  const registry = new EventHandlerRegistry();
  registry.register('test_event', () => {});
  assert.equal(registry.findList('test_event')?.length, 1);
  assert.equal(registry.defineList('other_event').length, 0);
  for (const name of ['pair_event', 'another_event', 'ask_event'] as const) registry.defineList(name);
  assert.deepEqual(
    registry.lists().map((list) => list.name),
    ['another_event', 'ask_event', 'other_event', 'pair_event', 'test_event'],
  );
});

test('S3: invoking a missing or an empty list does nothing, and creates none', async () => {
  const registry = new EventHandlerRegistry();
  registry.invoke('test_event', 'x');
  await registry.invokeAsync('test_event', 'x');
  assert.equal(registry.findList('test_event'), undefined);
  registry.defineList('test_event').invoke('x');
  await registry.defineList('test_event').invokeAsync('x');
});

test('S4: the priorities have the numbers of FreeBSD: handlers are placed between them by number', () => {
  const named = [EVENTHANDLER_PRI_FIRST, EVENTHANDLER_PRI_ANY, EVENTHANDLER_PRI_LAST];
  assert.deepEqual(named, [0, 10_000, 20_000]);
});

test('S4: handlers run in ascending priority, the older first among equals', () => {
  const registry = new EventHandlerRegistry();
  const calls: string[] = [];
  const add = (label: string, priority?: number): void => {
    registry.register('test_event', () => void calls.push(label), undefined, priority);
  };
  add('any 1');
  add('last', EVENTHANDLER_PRI_LAST);
  add('first 1', EVENTHANDLER_PRI_FIRST);
  add('any 2', EVENTHANDLER_PRI_ANY);
  add('5');
  add('first 2', EVENTHANDLER_PRI_FIRST);
  add('middle', 5000);
  registry.invoke('test_event', 'x');
  assert.deepEqual(calls, ['first 1', 'first 2', 'middle', 'any 1', 'any 2', '5', 'last']);
});

test('S4: a thousand handlers of random priorities run in the order of a stable sort', () => {
  const registry = new EventHandlerRegistry();
  const calls: number[] = [];
  const priorities = Array.from({ length: 1000 }, (_, i) => (i * 7919) % 97);
  for (const [index, priority] of priorities.entries()) {
    registry.register('test_event', () => void calls.push(index), undefined, priority);
  }
  registry.invoke('test_event', 'x');
  const expected = priorities
    .map((priority, index) => ({ priority, index }))
    .toSorted((a, b) => a.priority - b.priority);
  assert.deepEqual(
    calls,
    expected.map(({ index }) => index),
  );
});

test('S4: the handlers of one priority can be called alone, as those in another address space are', async () => {
  const registry = new EventHandlerRegistry();
  const list = registry.defineList('test_event');
  const calls: string[] = [];
  for (const priority of [1, 5, 5, 9])
    registry.register('test_event', { priority, handler: (text) => void calls.push(`${priority} ${text}`) });
  registry.register('test_event', {
    priority: 5,
    handler: async (text) => {
      await Promise.resolve();
      calls.push(`late ${text}`);
    },
  });
  list.invokeAt(5, 'x');
  assert.deepEqual(calls.splice(0), ['5 x', '5 x']);
  await list.drain();
  assert.deepEqual(calls.splice(0), ['late x']);
  await list.invokeAsyncAt(5, 'y');
  assert.deepEqual(calls, ['5 y', '5 y', 'late y']);
  assert.deepEqual(
    list.info().entries.map(({ calls: count }) => count),
    [0, 2, 2, 2, 0],
  );
  assert.equal(list.info().runcount, 0);
});

test('S4: of one priority, one that is added meanwhile is called and counted too, and a removed one is not', () => {
  const registry = new EventHandlerRegistry();
  const list = registry.defineList('test_event');
  const calls: string[] = [];
  const gone = registry.register('test_event', { priority: 6, handler: () => void calls.push('gone') });
  const first = registry.register('test_event', {
    priority: 5,
    handler: () => {
      calls.push('first');
      registry.deregisterNowait('test_event', first);
      registry.deregisterNowait('test_event', gone);
      registry.register('test_event', { priority: 5, handler: () => void calls.push('added') });
    },
  });
  list.invokeAt(5, 'x');
  assert.deepEqual(calls, ['first', 'added']);
  assert.deepEqual(
    list.info().entries.map(({ calls: count }) => count),
    [1],
  );
  assert.equal(list.info().deadcount, 0);
});

test('S5: any whole number from 0 is a priority, also beyond LAST; everything else is refused', () => {
  const registry = new EventHandlerRegistry();
  const calls: string[] = [];
  registry.register('test_event', () => void calls.push('after'), undefined, EVENTHANDLER_PRI_LAST + 200);
  registry.register('test_event', () => void calls.push('last'), undefined, EVENTHANDLER_PRI_LAST);
  registry.register('test_event', {
    handler: () => void calls.push('far'),
    priority: Number.MAX_SAFE_INTEGER,
  });
  for (const priority of [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, '5' as unknown as number]) {
    assert.throws(() => registry.register('test_event', () => {}, undefined, priority), {
      code: 'ERANGE',
      message: /^test_event: priority .* must be a whole number/,
    });
  }
  registry.invoke('test_event', 'x');
  assert.deepEqual(calls, ['last', 'after', 'far']);
});

test('S6: the argument given at registration comes first; without one the event has the handler to itself', () => {
  const registry = new EventHandlerRegistry();
  const calls: unknown[][] = [];
  const note = (...args: unknown[]): void => void calls.push(args);
  registry.register('pair_event', note);
  registry.register('pair_event', note, 'softc');
  registry.register('pair_event', note, null);
  registry.register('pair_event', note, 0, 5);
  registry.register('pair_event', { handler: note, arg: false });
  registry.invoke('pair_event', 'a', 2);
  assert.deepEqual(calls, [
    [0, 'a', 2],
    ['a', 2],
    ['softc', 'a', 2],
    [null, 'a', 2],
    [false, 'a', 2],
  ]);
});

test('S6: a handler has no this, so that it cannot reach into the list', () => {
  const registry = new EventHandlerRegistry();
  const selves: unknown[] = [];
  registry.register('test_event', function (this: unknown) {
    selves.push(this);
  });
  registry.invoke('test_event', 'x');
  assert.deepEqual(selves, [undefined]);
});

test('a handler that is no function is refused by name', () => {
  const registry = new EventHandlerRegistry();
  assert.throws(() => registry.register('test_event', undefined as unknown as () => void), {
    code: 'EINVAL',
    message: 'test_event: a handler must be a function, got undefined',
  });
  const nothing = null as unknown as () => void;
  for (const target of [registry, new Scope('pager', new Kernel())])
    assert.throws(() => target.register('test_event', nothing), {
      code: 'EINVAL',
      message: 'test_event: a handler must be a function, got null',
    });
});

test('a bare number in the place of the argument is refused, in every form of register', async () => {
  const registry = new EventHandlerRegistry();
  const kernel = new Kernel();
  await using scope = new Scope('pager', kernel);
  const refusal = {
    code: 'EINVAL',
    message:
      'test_event: is 5 the priority? That is the fourth argument: register(name, func, undefined, 5). ' +
      "If it is the handler's: register(name, { handler, arg: 5 })",
  };
  for (const target of [registry, scope]) {
    const register = target.register.bind(target) as (...args: unknown[]) => unknown;
    assert.throws(() => register('test_event', () => {}, 5), refusal);
    register('test_event', () => {}, 5, 5);
    register('test_event', { handler: () => {}, arg: 5 });
  }
  assert.equal(registry.findList('test_event')?.length, 2);
  assert.equal(scope.size, 2);
});

test('S23, S29: registering is synchronous and possible from the first moment on', async () => {
  await using kernel = new Kernel();
  const calls: string[] = [];
  kernel.eventhandler.register('test_event', (text) => void calls.push(text));
  kernel.eventhandler.invoke('test_event', 'before any module');
  assert.deepEqual(calls, ['before any module']);
});
