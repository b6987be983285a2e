import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  EventHandlerRegistry,
  type EventHandlerTag,
  type EventHandlerTracer,
  Veto,
} from '../../../core/eventhandler/index.js';
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
  using _tracing = registry.trace({
    deregistered: (list, { handler, calls }) => lines.push(`${list} ${handler} ${calls}`),
  });
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
  assert.deepEqual(lines.slice(0, 2), ['test_event within 1', 'test_event short-lived 1']);
  assert.equal(lines.length, 5);
});

test('S25: what is registered during a dispatch is listed, and removed with all others', () => {
  const registry = new EventHandlerRegistry();
  const list = registry.defineList('test_event');
  const seen: number[] = [];
  registry.register('test_event', () => {
    registry.register('test_event', () => assert.fail('must not be called'));
    seen.push(list.length, list.info().entries.length);
    registry.deregisterNowait('test_event', null);
  });
  registry.invoke('test_event', 'x');
  assert.deepEqual([...seen, list.length], [2, 2, 0]);
});

test('S25: who keeps a tag learns that its handler is gone, whether it has a name or none', () => {
  const registry = new EventHandlerRegistry();
  const gone: string[] = [];
  const removed = (): void => void gone.push('gone');
  registry.enter('test_event', { handler: () => {}, removed });
  registry.deregisterNowait('test_event', null);
  assert.deepEqual(gone, ['gone']);
});

test('S25: a tracer that is disposed of twice takes no other along', () => {
  const registry = new EventHandlerRegistry();
  const seen: string[] = [];
  const first = registry.trace({ created: () => {} });
  using _second = registry.trace({ created: (list) => seen.push(list) });
  first[Symbol.dispose]();
  first[Symbol.dispose]();
  registry.defineList('test_event');
  assert.deepEqual(seen, ['test_event']);
});

test('S25: after a tracer a list is as long as before', () => {
  const registry = new EventHandlerRegistry();
  const list = registry.defineList('test_event');
  registry.register('test_event', () => {});
  for (let i = 0; i < 2; i++) {
    const tracing = registry.trace({ invoked: () => {} });
    assert.equal(list.length, 1);
    tracing[Symbol.dispose]();
    assert.equal(list.length, 1);
  }
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

test('a tracer that throws passes for no handler: others are told, handlers run, and nothing is refused', () => {
  const warnings: string[] = [];
  const registry = new EventHandlerRegistry({
    warn: (message) => warnings.push(message),
    onError: (error) => assert.fail(error),
  });
  const calls: string[] = [];
  registry.register('ask_event', () => void calls.push('asked'));
  using _failing = registry.trace({
    invoked: () => {
      throw new Error('full');
    },
  });
  using _other = registry.trace({ invoked: (list) => calls.push(list) });
  const veto = new Veto();
  registry.invoke('ask_event', veto);
  assert.deepEqual(calls, ['ask_event', 'asked']);
  assert.equal(veto.reason, undefined);
  assert.deepEqual(warnings, ['a tracer failed: full']);
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

/** So many handlers from a place of their own, of which some go again. */
function place(registry: EventHandlerRegistry): (come: number, go?: number) => void {
  return (come, go = 0) => {
    const register = (): EventHandlerTag => registry.register('test_event', () => {});
    const tags = Array.from({ length: come }, register);
    for (const tag of tags.slice(0, go)) registry.deregisterNowait('test_event', tag);
  };
}

/** Where the handlers of a list came from that has grown to its threshold: how many, and from whom. */
function blamed(threshold: number, grow: (registry: EventHandlerRegistry) => void): string {
  const warnings: string[] = [];
  const warn = (message: string): void => void warnings.push(message);
  grow(new EventHandlerRegistry({ leakThreshold: threshold, warn }));
  assert.equal(warnings.length, 1);
  const [, count, stack] = / (\d+) of the latest come from here:\n([^]*)$/.exec(warnings[0]!)!;
  return `${count} ${/(early|tidy|busy|idle|first|second)/.exec(stack!)?.[1]}`;
}

test('a place is blamed for what it has registered since half of the threshold, and not removed again', () => {
  const one = (registry: EventHandlerRegistry): void => place(registry)(20);
  assert.match(blamed(20, one), /^10 /, 'what came before is not noted');
  const partly = (registry: EventHandlerRegistry): void => {
    const add = place(registry);
    (function early() {
      add(10);
    })();
    (function busy() {
      add(8, 2);
    })();
    (function idle() {
      add(4);
    })();
  };
  assert.equal(blamed(20, partly), '6 busy');
  const wholly = (registry: EventHandlerRegistry): void => {
    const add = place(registry);
    (function early() {
      add(10);
    })();
    (function tidy() {
      add(6, 6);
    })();
    (function first() {
      add(5);
    })();
    (function second() {
      add(5);
    })();
  };
  assert.equal(blamed(20, wholly), '5 first');
  const each = (registry: EventHandlerRegistry): void => {
    const add = place(registry);
    (function early() {
      add(3);
    })();
    (function tidy() {
      add(1, 1);
    })();
    (function busy() {
      add(2, 1);
    })();
    (function first() {
      add(1);
    })();
    (function second() {
      add(1);
    })();
  };
  assert.equal(blamed(6, each), '1 busy');
});

test('a list that goes on growing is warned about each time that it has grown by half', () => {
  const lengths: string[] = [];
  const warn = (message: string): void => void lengths.push(/\d+/.exec(message)![0]);
  place(new EventHandlerRegistry({ leakThreshold: 5, warn }))(12);
  assert.deepEqual(lengths, ['5', '8', '12']);
});

test('the place that registers most is shown by six frames, or by none where the engine keeps no stacks', () => {
  const warnings: string[] = [];
  const warn = (message: string): void => void warnings.push(message);
  const deep = (depth: number, then: () => void): void => (depth === 0 ? then() : deep(depth - 1, then));
  const { stackTraceLimit } = Error;
  try {
    Error.stackTraceLimit = 30;
    deep(20, () => place(new EventHandlerRegistry({ leakThreshold: 2, warn }))(2));
    Error.prepareStackTrace = () => undefined;
    place(new EventHandlerRegistry({ leakThreshold: 2, warn }))(2);
  } finally {
    Object.assign(Error, { prepareStackTrace: undefined, stackTraceLimit });
  }
  assert.equal(warnings[0]!.split('\n').length, 1 + 6);
  assert.match(warnings[1]!, /come from here:\n$/);
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
