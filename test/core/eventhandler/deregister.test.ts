import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { test } from 'node:test';
import { EventHandlerRegistry, type EventHandlerTag } from '../../../core/eventhandler/index.js';
import { AbortSubscriptions } from '../../../core/eventhandler/signals.js';
import './events.js';

/** A promise to be settled by hand. */
function deferred(): { promise: Promise<void>; resolve: () => void; reject: (error: Error) => void } {
  let resolve!: () => void;
  let reject!: (error: Error) => void;
  const promise = new Promise<void>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}

/** Whether the promise has settled after everything that can go on now has gone on. */
async function settled(promise: Promise<unknown>): Promise<boolean> {
  let done = false;
  const mark = (): void => {
    done = true;
  };
  promise.then(mark, mark);
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
  return done;
}

test('S12: null removes all; a tag that was never assigned is refused', async () => {
  const registry = new EventHandlerRegistry();
  const calls: string[] = [];
  registry.register('test_event', (text) => void calls.push(text));
  registry.register('test_event', (text) => void calls.push(text));
  const lost = undefined as unknown as EventHandlerTag;
  const refusal = { code: 'EINVAL', message: /^test_event: deregister needs the tag .* got undefined$/ };
  await assert.rejects(registry.deregister('test_event', lost), refusal);
  await assert.rejects(registry.deregister('other_event', lost), { code: 'EINVAL' });
  assert.throws(() => registry.deregisterNowait('test_event', lost), refusal);
  registry.invoke('test_event', 'x');
  assert.deepEqual(calls, ['x', 'x']);
  await registry.deregister('test_event', null);
  registry.invoke('test_event', 'y');
  assert.deepEqual(calls, ['x', 'x']);
});

test('S12: null on a list that does not exist has nothing to do', async () => {
  const registry = new EventHandlerRegistry();
  await registry.deregister('test_event', null);
  registry.deregisterNowait('test_event', null);
  assert.equal(registry.findList('test_event'), undefined);
});

test('S14: deregister resolves at once when the handler does not run, without a timer', async () => {
  const registry = new EventHandlerRegistry({ callout: () => assert.fail('there is nothing to wait for') });
  const tag = registry.register('test_event', () => {});
  await registry.deregister('test_event', tag);
});

for (const verb of ['invoke', 'invokeAsync'] as const) {
  test(`S14: deregister waits for the pending promises of the handler (${verb}), no call begins after it`, async () => {
    const registry = new EventHandlerRegistry();
    const gates = [deferred(), deferred()];
    let calls = 0;
    const tag = registry.register('test_event', () => gates[calls++]?.promise);
    void registry[verb]('test_event', 'x');
    void registry[verb]('test_event', 'x');
    assert.equal(registry.lists()[0]?.entries[0]?.running, 2);
    const gone = registry.deregister('test_event', tag);
    registry.invoke('test_event', 'x');
    assert.equal(calls, 2);
    gates[1]?.resolve();
    assert.equal(await settled(gone), false);
    gates[0]?.resolve();
    assert.equal(await settled(gone), true);
    assert.equal(registry.lists()[0]?.deadcount, 0);
  });
}

test('S14: deregister called by a handler waits for what stands on the stack', async () => {
  const registry = new EventHandlerRegistry();
  const gate = deferred();
  let gone: Promise<void> | undefined;
  const slow = registry.register('test_event', { handler: () => gate.promise, priority: 1 });
  registry.register('test_event', {
    handler: () => {
      gone = registry.deregister('test_event', slow);
    },
    priority: 2,
  });
  registry.invoke('test_event', 'x');
  assert.ok(gone);
  assert.equal(await settled(gone), false);
  gate.resolve();
  assert.equal(await settled(gone), true);
});

test('S16: the wait is for this handler alone, even under overlapping dispatches that never cease', async () => {
  const registry = new EventHandlerRegistry();
  const list = registry.defineList('test_event');
  const tag = registry.register('test_event', { handler: async () => {}, priority: 1 });
  const gates = [deferred(), deferred(), deferred()];
  let calls = 0;
  registry.register('test_event', { handler: () => gates[calls++]?.promise, priority: 2 });
  void list.invokeAsync('x');
  await Promise.resolve();
  await Promise.resolve();
  assert.equal(await settled(registry.deregister('test_event', tag)), true);
  void list.invokeAsync('x');
  gates[0]?.resolve();
  await settled(gates[0]?.promise ?? Promise.resolve());
  assert.equal(list.info().runcount, 1, 'the list has not been quiet once');
  assert.equal(list.info().deadcount, 0, 'and yet the dead entry is pruned');
});

test('S16: an entry that a waiting dispatch stands on stays until the dispatch has moved on', async () => {
  const registry = new EventHandlerRegistry();
  const calls: string[] = [];
  const gate = deferred();
  const tag = registry.register('test_event', { handler: () => gate.promise, priority: 1 });
  const done = registry.invokeAsync('test_event', 'x');
  registry.deregisterNowait('test_event', tag);
  assert.equal(registry.lists()[0]?.deadcount, 1);
  assert.equal(registry.findList('test_event')?.prune(), 0);
  registry.register('test_event', { handler: () => void calls.push('before'), priority: 0 });
  registry.register('test_event', { handler: () => void calls.push('after'), priority: 1 });
  gate.resolve();
  await done;
  assert.deepEqual(calls, ['after']);
  assert.equal(registry.lists()[0]?.deadcount, 0);
});

test('S17: a handler that waits for its own end is warned about by name, at once', async () => {
  const warnings: string[] = [];
  const registry = new EventHandlerRegistry({ warn: (message) => warnings.push(message) });
  const tag = registry.register('test_event', {
    name: 'narcissus',
    handler: async () => {
      await registry.deregister('test_event', tag);
    },
  });
  registry.invoke('test_event', 'x');
  assert.equal(warnings.length, 1);
  assert.match(
    warnings[0] ?? '',
    /^test_event: handler narcissus deregisters itself .* use deregisterNowait/,
  );
});

for (const verb of ['invoke', 'invokeAsync'] as const) {
  test(`S17: only one that waits for its own end is warned about (${verb})`, async () => {
    const warnings: string[] = [];
    const registry = new EventHandlerRegistry({ warn: (message) => warnings.push(message) });
    const leaving: EventHandlerTag = registry.register('test_event', {
      priority: 1,
      handler: async (): Promise<void> => registry.deregisterNowait('test_event', leaving),
    });
    await registry[verb]('test_event', 'x');
    assert.deepEqual(warnings, []);
    const gate = deferred();
    const waiting: EventHandlerTag = registry.register('test_event', {
      name: 'narcissus',
      handler: () => {
        void registry.deregister('test_event', waiting);
        return gate.promise;
      },
    });
    const dispatched = registry[verb]('test_event', 'y');
    assert.match(warnings.join(), /^test_event: handler narcissus deregisters itself/);
    gate.resolve();
    await dispatched;
  });
}

test('S17: a registry that stands alone warns too, by the machine’s clock', async () => {
  const warnings: string[] = [];
  const warned = deferred();
  const warn = (message: string): void => {
    warnings.push(message);
    warned.resolve();
  };
  const registry = new EventHandlerRegistry({ warn, waitWarning: 5 });
  const gate = deferred();
  const tag = registry.register('test_event', { name: 'sloth', handler: () => gate.promise });
  registry.invoke('test_event', 'x');
  const gone = registry.deregister('test_event', tag);
  await warned.promise;
  assert.match(warnings[0]!, /^test_event: deregister still waits, after 5 ms, for sloth; /);
  gate.resolve();
  await gone;
});

test('one signal may end any number of registrations, and keeps nothing of them', () => {
  const registry = new EventHandlerRegistry();
  const controller = new AbortController();
  const { signal } = controller;
  const added: string[] = [];
  const add = signal.addEventListener.bind(signal);
  signal.addEventListener = (...args: Parameters<typeof add>) => {
    added.push(args[0]);
    add(...args);
  };
  const tags = Array.from({ length: 20 }, () =>
    registry.register('test_event', { handler: () => {}, signal }),
  );
  assert.deepEqual(added, ['abort'], 'Node warns of a leak at the eleventh listener');
  for (const tag of tags.splice(0, 5)) registry.deregisterNowait('test_event', tag);
  assert.equal(registry.findList('test_event')?.length, 15);
  for (const tag of tags) registry.deregisterNowait('test_event', tag);
  const last = registry.register('test_event', { handler: () => {}, signal });
  assert.equal(registry.findList('test_event')?.length, 1);
  controller.abort();
  assert.equal(registry.findList('test_event')?.length, 0);
  registry.deregisterNowait('test_event', last);
});

test('a signal that outlives its registrations has no listener of theirs left', async () => {
  const registry = new EventHandlerRegistry();
  const { signal } = new AbortController();
  const tags = [1, 2].map(() => registry.register('test_event', { handler: () => {}, signal }));
  assert.equal(getEventListeners(signal, 'abort').length, 1);
  registry.deregisterNowait('test_event', tags[0]!);
  assert.equal(getEventListeners(signal, 'abort').length, 1);
  registry.deregisterNowait('test_event', tags[1]!);
  assert.equal(getEventListeners(signal, 'abort').length, 0);
  const once = registry.once('test_event', { signal });
  registry.invoke('test_event', 'x');
  await once;
  assert.equal(getEventListeners(signal, 'abort').length, 0);
});

test('S17: a long wait is warned about by name, when the registry has a clock', async () => {
  const warnings: string[] = [];
  const callouts: { name: string; fn: () => void; ms: number | undefined }[] = [];
  const registry = new EventHandlerRegistry({
    warn: (message) => warnings.push(message),
    waitWarning: 5000,
    callout: (name, fn) => {
      const callout = { name, fn, ms: undefined as number | undefined };
      callouts.push(callout);
      return {
        reset: (ms) => {
          callout.ms = ms;
        },
        stop: () => {
          callout.ms = undefined;
        },
      };
    },
  });
  const gate = deferred();
  const tag = registry.register('test_event', { name: 'sloth', handler: () => gate.promise });
  registry.invoke('test_event', 'x');
  const gone = registry.deregister('test_event', tag);
  assert.deepEqual(
    callouts.map(({ name, ms }) => ({ name, ms })),
    [{ name: 'test_event: deregister', ms: 5000 }],
  );
  callouts[0]?.fn();
  assert.match(warnings[0] ?? '', /^test_event: deregister still waits, after 5000 ms, for sloth; /);
  gate.resolve();
  await gone;
  assert.equal(callouts[0]?.ms, undefined, 'the timer is stopped when the wait is over');
});

test('S15: a waiter is woken although the list is dispatched again before it has its turn', async () => {
  const registry = new EventHandlerRegistry();
  const gate = deferred();
  const other = deferred();
  const tag = registry.register('test_event', { priority: 1, handler: () => gate.promise });
  registry.register('test_event', { priority: 2, handler: () => other.promise });
  void registry.invokeAsync('test_event', 'x');
  const gone = registry.deregister('test_event', tag);
  void gate.promise.then(() => registry.invokeAsync('test_event', 'y'));
  gate.resolve();
  await gone;
  assert.equal(registry.lists()[0]?.runcount, 2, 'both dispatches are still under way');
});

test('S28: two invokeAsync interleave where their handlers wait', async () => {
  const registry = new EventHandlerRegistry();
  const calls: string[] = [];
  const gates = { one: deferred(), two: deferred() };
  registry.register('test_event', {
    priority: 1,
    handler: async (text) => {
      calls.push(`begin ${text}`);
      await gates[text as 'one' | 'two'].promise;
      calls.push(`end ${text}`);
    },
  });
  registry.register('test_event', { priority: 2, handler: (text) => void calls.push(`next ${text}`) });
  const one = registry.invokeAsync('test_event', 'one');
  const two = registry.invokeAsync('test_event', 'two');
  gates.two.resolve();
  await two;
  gates.one.resolve();
  await one;
  assert.deepEqual(calls, ['begin one', 'begin two', 'end two', 'next two', 'end one', 'next one']);
});

test('S18: deregisterNowait returns while the handler may still be running', async () => {
  const registry = new EventHandlerRegistry();
  const gate = deferred();
  let ended = false;
  const tag = registry.register('test_event', async () => {
    await gate.promise;
    ended = true;
  });
  registry.invoke('test_event', 'x');
  registry.deregisterNowait('test_event', tag);
  assert.equal(ended, false);
  gate.resolve();
  await registry.deregister('test_event', tag);
  assert.equal(ended, true, 'deregister after Nowait still waits');
});

test('S19: deregistering twice is harmless; the tag of another list or registry is refused', async () => {
  const registry = new EventHandlerRegistry();
  const tag = registry.register('test_event', () => {});
  const kept = registry.register('test_event', () => {});
  await registry.deregister('test_event', tag);
  await registry.deregister('test_event', tag);
  registry.deregisterNowait('test_event', tag);
  assert.equal(registry.findList('test_event')?.length, 1);
  registry.defineList('other_event');
  const refusal = { code: 'EINVAL', message: 'other_event: this tag belongs to the list test_event' };
  assert.throws(() => registry.deregisterNowait('other_event', kept), refusal);
  assert.throws(() => registry.deregisterNowait('pair_event', kept), { code: 'EINVAL' });
  assert.throws(() => new EventHandlerRegistry().deregisterNowait('test_event', kept), { code: 'EINVAL' });
  const other = new EventHandlerRegistry();
  other.register('test_event', () => {});
  await assert.rejects(other.deregister('test_event', kept), {
    code: 'EINVAL',
    message: 'test_event: this tag belongs to the list test_event of another registry',
  });
  assert.equal(registry.findList('test_event')?.length, 1);
});

test('S20, S21: findList locks nothing; prune unlinks the dead and says how many', async () => {
  const registry = new EventHandlerRegistry();
  const list = registry.defineList('test_event');
  assert.equal(registry.findList('test_event'), list);
  assert.equal(list.prune(), 0);
  const gate = deferred();
  const tag = registry.register('test_event', () => gate.promise);
  const done = registry.invokeAsync('test_event', 'x');
  registry.deregisterNowait('test_event', tag);
  assert.equal(list.prune(), 0, 'a dispatch stands on it');
  gate.resolve();
  await done;
  assert.equal(list.info().deadcount, 0);
});

test('S30: a tag is opaque, and disposable both ways', async () => {
  const registry = new EventHandlerRegistry();
  const calls: string[] = [];
  {
    using tag = registry.register('test_event', (text) => void calls.push(text));
    assert.deepEqual(Reflect.ownKeys(tag), []);
    registry.invoke('test_event', 'in');
  }
  registry.invoke('test_event', 'out');
  assert.deepEqual(calls, ['in']);

  const gate = deferred();
  const tag = registry.register('test_event', () => gate.promise);
  registry.invoke('test_event', 'x');
  const gone = tag[Symbol.asyncDispose]() as Promise<void>;
  assert.equal(await settled(gone), false);
  gate.resolve();
  await gone;
});

test('an AbortSignal deregisters; one that is aborted already registers nothing', () => {
  const registry = new EventHandlerRegistry();
  const calls: string[] = [];
  const controller = new AbortController();
  registry.register('test_event', {
    handler: (text) => void calls.push(text),
    signal: controller.signal,
  });
  registry.invoke('test_event', 'before');
  controller.abort();
  registry.invoke('test_event', 'after');
  assert.deepEqual(calls, ['before']);
  assert.throws(() => registry.register('test_event', { handler: () => {}, signal: controller.signal }), {
    name: 'AbortError',
  });
  assert.equal(registry.findList('test_event')?.length, 0);
});

test('the wait of deregister can be given up; the handler stays removed', async () => {
  const registry = new EventHandlerRegistry();
  const gate = deferred();
  const tag = registry.register('test_event', () => gate.promise);
  registry.invoke('test_event', 'x');
  const controller = new AbortController();
  const gone = registry.deregister('test_event', tag, { signal: controller.signal });
  controller.abort(new Error('no patience'));
  await assert.rejects(gone, /no patience/);
  assert.equal(registry.findList('test_event')?.length, 0);
  gate.resolve();
  await registry.deregister('test_event', tag);
});

test('the wait of deregister is given up at once if its signal has aborted; the handler is removed', async () => {
  const registry = new EventHandlerRegistry();
  const gate = deferred();
  const tag = registry.register('test_event', () => gate.promise);
  registry.invoke('test_event', 'x');
  const signal = AbortSignal.abort(new Error('no patience'));
  await assert.rejects(registry.deregister('test_event', tag, { signal }), /no patience/);
  assert.equal(registry.findList('test_event')?.length, 0);
  gate.resolve();
  await registry.deregister('test_event', tag);
});

test('a wait that ended in time leaves nothing at its signal', async () => {
  const registry = new EventHandlerRegistry();
  const { signal } = new AbortController();
  const gate = deferred();
  const tag = registry.register('test_event', () => gate.promise);
  const waits = [registry.invokeUntil(signal, 'test_event', 'x')];
  waits.push(registry.deregister('test_event', tag, { signal }));
  assert.equal(getEventListeners(signal, 'abort').length, 2);
  gate.resolve();
  await Promise.all(waits);
  assert.equal(getEventListeners(signal, 'abort').length, 0);
});

test('ending a subscription to a signal twice leaves later ones alone', () => {
  const subscriptions = new AbortSubscriptions();
  const { signal } = new AbortController();
  const end = subscriptions.subscribe(signal, () => {});
  end();
  subscriptions.subscribe(signal, () => {});
  end();
  subscriptions.subscribe(signal, () => {});
  assert.equal(getEventListeners(signal, 'abort').length, 1);
});

test('drain waits for the calls in progress, not for those that begin later', async () => {
  const registry = new EventHandlerRegistry();
  const list = registry.defineList('test_event');
  const gates = [deferred(), deferred(), deferred()];
  let calls = 0;
  registry.register('test_event', () => gates[calls++]?.promise);
  list.invoke('x');
  void list.invokeAsync('x');
  const drained = list.drain();
  await Promise.resolve();
  await Promise.resolve();
  list.invoke('x');
  gates[0]?.resolve();
  assert.equal(await settled(drained), false);
  gates[1]?.resolve();
  assert.equal(await settled(drained), true);
  const again = list.drain();
  assert.equal(await settled(again), false);
  gates[2]?.resolve();
  await again;
});

test('a second drain waits for what the first still waits for', async () => {
  const registry = new EventHandlerRegistry();
  const list = registry.defineList('test_event');
  const gate = deferred();
  registry.register('test_event', () => gate.promise);
  list.invoke('x');
  const first = list.drain();
  await settled(Promise.resolve());
  const second = list.drain();
  assert.equal(await settled(second), false);
  gate.resolve();
  await Promise.all([first, second]);
});

test('a drain that takes long names the handlers that run, and says so of those that are removed', async () => {
  const warnings: string[] = [];
  const timers: (() => void)[] = [];
  const registry = new EventHandlerRegistry({
    warn: (message) => warnings.push(message),
    callout: (_name, fn) => ({ reset: () => void timers.push(fn), stop: () => {} }),
  });
  const list = registry.defineList('test_event');
  const gate = deferred();
  list.register({ name: 'idle', handler: () => undefined });
  const slow = list.register({ name: 'slow', handler: () => gate.promise });
  list.invoke('x');
  const drained = [list.drain()];
  await settled(Promise.resolve());
  list.deregisterNowait(slow);
  drained.push(list.drain());
  await settled(Promise.resolve());
  for (const fn of timers) fn();
  assert.deepEqual(
    warnings.map((warning) => warning.replace(/.* for /, '')),
    ['slow', 'removed handlers'],
  );
  gate.resolve();
  await Promise.all(drained);
});

test('a handler that awaits the drain of its own list is warned about by name', async () => {
  const warnings: string[] = [];
  const timers: (() => void)[] = [];
  const registry = new EventHandlerRegistry({
    warn: (message) => warnings.push(message),
    callout: (_name, fn) => ({ reset: () => void timers.push(fn), stop: () => {} }),
  });
  const list = registry.defineList('test_event');
  list.register({ name: 'narcissus', handler: () => list.drain() });
  list.invoke('x');
  await settled(Promise.resolve());
  for (const fn of timers) fn();
  assert.deepEqual(warnings, ['test_event: drain still waits, after 10000 ms, for narcissus']);
});

test('drain inside a handler waits for the handlers of the same dispatch, which have not returned yet', async () => {
  const registry = new EventHandlerRegistry();
  const list = registry.defineList('test_event');
  const gate = deferred();
  let drained: Promise<void> | undefined;
  registry.register('test_event', () => {
    drained = list.drain();
  });
  registry.register('test_event', () => gate.promise);
  list.invoke('x');
  assert.ok(drained);
  assert.equal(await settled(drained), false);
  gate.resolve();
  await drained;
});

test('deregister with null waits for every handler that still runs', async () => {
  const registry = new EventHandlerRegistry();
  const gates = [deferred(), deferred()];
  for (const gate of gates) registry.register('test_event', () => gate.promise);
  registry.invoke('test_event', 'x');
  const gone = registry.deregister('test_event', null);
  gates[0]?.resolve();
  assert.equal(await settled(gone), false);
  gates[1]?.resolve();
  await gone;
});
