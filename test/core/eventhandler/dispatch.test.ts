import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { EventHandlerRegistry, type EventHandlerTag, Veto } from '../../../core/eventhandler/index.js';
import './events.js';

function setup(options?: ConstructorParameters<typeof EventHandlerRegistry>[0]) {
  const registry = new EventHandlerRegistry(options);
  const calls: string[] = [];
  const add = (label: string, priority?: number, act?: () => void): EventHandlerTag =>
    registry.register(
      'test_event',
      () => {
        calls.push(label);
        act?.();
      },
      undefined,
      priority,
    );
  return { registry, calls, add };
}

test('S7: a nested dispatch runs to its end before the outer one goes on', () => {
  const { registry, calls, add } = setup();
  let nested = 0;
  add('a', 1, () => {
    if (nested++ === 0) registry.invoke('test_event', 'x');
  });
  add('b', 2);
  registry.invoke('test_event', 'x');
  assert.deepEqual(calls, ['a', 'a', 'b', 'b']);
});

test('S8: a handler added behind the running one is called in the same dispatch, one before it is not', () => {
  const { registry, calls, add } = setup();
  let added = false;
  add('a', 5, () => {
    if (added) return;
    added = true;
    add('before', 4);
    add('same', 5);
    add('after', 6);
  });
  registry.invoke('test_event', 'x');
  assert.deepEqual(calls, ['a', 'same', 'after']);
  calls.length = 0;
  registry.invoke('test_event', 'x');
  assert.deepEqual(calls, ['before', 'a', 'same', 'after']);
});

test('S8: the last handler of a list can add one that is still called', () => {
  const { registry, calls, add } = setup();
  add('only', 5, () => {
    if (calls.length === 1) add('late', 9);
  });
  registry.invoke('test_event', 'x');
  assert.deepEqual(calls, ['only', 'late']);
});

test('S9: a dispatch that feeds itself is stopped, by name, and the list works on', () => {
  const { registry, calls, add } = setup({ runawayLimit: 1000 });
  const again = (): void => void add('again', 5, again);
  const tag = registry.register('test_event', { handler: again, name: 'breeder', priority: 5 });
  assert.throws(() => registry.invoke('test_event', 'x'), {
    code: 'ERUNAWAY',
    message: /^test_event: stopped a dispatch during which 1000 handlers were registered, the last of them /,
  });
  assert.equal(registry.lists()[0]?.runcount, 0);
  registry.deregisterNowait('test_event', null);
  registry.deregisterNowait('test_event', tag);
  calls.length = 0;
  add('alone');
  registry.invoke('test_event', 'x');
  assert.deepEqual(calls, ['alone']);
});

test('S9: a dispatch may register as many as the limit says, and the next one as many again', () => {
  const { registry, calls, add } = setup({ runawayLimit: 10 });
  const adding = registry.register('test_event', {
    priority: 20,
    handler: () => {
      for (let i = 0; i < 10; i++) add('added', 5);
    },
  });
  for (let i = 0; i < 3; i++) registry.invoke('test_event', 'x');
  assert.equal(registry.findList('test_event')?.length, 31);
  registry.deregisterNowait('test_event', adding);
  calls.length = 0;
  registry.invoke('test_event', 'x');
  assert.equal(calls.length, 30);
});

for (const wait of [false, true]) {
  test(`S9: so is one that replaces itself, ${wait ? 'waiting each time' : 'at once'}`, async () => {
    const { registry } = setup({ runawayLimit: 1000 });
    let tag: EventHandlerTag;
    let calls = 0;
    const replace = (): unknown => {
      calls++;
      registry.deregisterNowait('test_event', tag);
      tag = registry.register('test_event', replace);
      return wait ? Promise.resolve() : undefined;
    };
    const runaway = { code: 'ERUNAWAY', message: /the last of them replace;/ };
    if (!wait) {
      tag = registry.register('test_event', replace);
      assert.throws(() => registry.invoke('test_event', 'x'), runaway);
      assert.equal(calls, 1001);
      assert.equal(registry.lists()[0]?.deadcount, 0, 'the dead are gone with the dispatch');
    }
    tag = registry.register('test_event', replace);
    await assert.rejects(registry.invokeAsync('test_event', 'x'), runaway);
    registry.deregisterNowait('test_event', null);
    assert.deepEqual(registry.lists(), [{ name: 'test_event', runcount: 0, deadcount: 0, entries: [] }]);
  });
}

test('S9: a dispatch that waits may meet as many new handlers as the limit says', async () => {
  const { registry } = setup({ runawayLimit: 10 });
  const replaced = async (times: number): Promise<void> => {
    let left = times;
    const handler = async (): Promise<void> => {
      await Promise.resolve();
      registry.deregisterNowait('test_event', null);
      if (left-- > 0) registry.register('test_event', handler);
    };
    registry.register('test_event', handler);
    await registry.invokeAsync('test_event', 'x');
  };
  await replaced(10);
  await assert.rejects(replaced(11), { code: 'ERUNAWAY' });
});

test('S9: a handler that overflows the stack by itself has failed, and the dispatch goes on', () => {
  const errors: string[] = [];
  const { registry, calls, add } = setup({ onError: ({ message }) => void errors.push(message) });
  const endless = (): number => 1 + endless();
  add('endless', 1, endless);
  add('next', 2);
  registry.invoke('test_event', 'x');
  assert.deepEqual(calls, ['endless', 'next']);
  assert.match(errors.join(), /^test_event: handler .* failed: Maximum call stack/);
});

test('S9: the runaway of another list is an error of the handler that led to it', () => {
  const errors: string[] = [];
  const { registry, calls, add } = setup({
    runawayLimit: 10,
    onError: (error) => errors.push(error.message),
  });
  const breed = (): void => void registry.register('other_event', breed);
  registry.register('other_event', breed);
  add('outer', 1, () => registry.invoke('other_event'));
  add('next', 2);
  registry.invoke('test_event', 'x');
  assert.deepEqual(calls, ['outer', 'next']);
  assert.equal(errors.length, 1);
  assert.match(errors[0] ?? '', /^test_event: handler .* failed: other_event: stopped a dispatch/);
});

/** Uses up some of the stack on the way. */
const through = (frames: number, fn: () => void): void => (frames === 0 ? fn() : through(frames - 1, fn));

for (const frames of [0, 20, 100]) {
  test(`S9: a list that its handlers invoke is stopped, however many they are, with ${frames} frames between`, () => {
    const errors: Error[] = [];
    const { registry, calls, add } = setup({ onError: (error) => errors.push(error) });
    for (const name of ['a', 'b', 'c']) {
      add(name, 1, () => through(frames, () => registry.invoke('test_event', 'x')));
    }
    assert.throws(() => registry.invoke('test_event', 'x'), {
      code: 'ERUNAWAY',
      event: 'test_event',
      message:
        /^test_event: stopped at \d+ dispatches within each other; a handler that invokes its own list/,
    });
    assert.ok(calls.length >= 50 && calls.length <= 501, `${calls.length} calls, not 3 to their power`);
    assert.deepEqual(errors, []);
    registry.deregisterNowait('test_event', null);
    assert.deepEqual(registry.lists(), [{ name: 'test_event', runcount: 0, deadcount: 0, entries: [] }]);
  });
}

test('S9: dispatches of one list may nest five hundred times, and no deeper', async () => {
  const { registry } = setup();
  const asking = registry.defineList('price_event', { result: 'bail' });
  let depth = 0;
  let wanted = 0;
  const nest = (invoke: () => void): void => {
    if (++depth < wanted) invoke();
  };
  const deep = async (levels: number, invoke: () => void | Promise<void>): Promise<void> => {
    [depth, wanted] = [0, levels];
    await invoke();
  };
  const plain = (): void => registry.invoke('test_event', 'x');
  const asked = (): void => void asking.invoke('front');
  const awaited = (): Promise<void> => registry.invokeAsync('other_event');
  registry.register('test_event', () => nest(plain));
  registry.register('price_event', () => nest(asked));
  registry.register('other_event', () => nest(() => void awaited()));
  for (const invoke of [plain, asked, awaited]) {
    await deep(500, invoke);
    assert.equal(depth, 500);
  }
  for (const invoke of [plain, asked]) await assert.rejects(deep(501, invoke), { code: 'ERUNAWAY' });
});

test('S9: what a deep handler throws is its own error, unless the stack is full', () => {
  const errors: string[] = [];
  const { registry } = setup({ onError: ({ message }) => errors.push(message) });
  for (const thrown of [
    new RangeError('Invalid array length'),
    new Error('Maximum call stack of jokes'),
    undefined,
  ]) {
    let depth = 0;
    const tag = registry.register('test_event', {
      name: 'deep',
      handler: () => {
        if (++depth < 60) registry.invoke('test_event', 'x');
        else throw thrown;
      },
    });
    registry.invoke('test_event', 'x');
    registry.deregisterNowait('test_event', tag);
  }
  assert.deepEqual(
    errors.map((message) => message.replace(/.* failed: /, '')),
    ['Invalid array length', 'Maximum call stack of jokes', 'undefined'],
  );
});

test('S9: two lists that invoke each other are stopped too, and it is an error of those that led there', () => {
  const errors: string[] = [];
  const { registry, calls, add } = setup({ onError: (error) => errors.push(error.message) });
  for (let i = 0; i < 2; i++) {
    registry.register('other_event', () => registry.invoke('another_event'));
    registry.register('another_event', () => registry.invoke('other_event'));
  }
  add('outer', 1, () => registry.invoke('other_event'));
  add('next', 2);
  registry.invoke('test_event', 'x');
  assert.deepEqual(calls, ['outer', 'next']);
  // Which list is the one too deep depends on where the stack ends; its outermost dispatch is led to by each handler.
  assert.ok(errors.length === 1 || errors.length === 2, errors.join('\n'));
  for (const error of errors) assert.match(error, /failed: (an)?other_event: stopped at \d+ dispatches/);
  assert.deepEqual(
    registry.lists().map(({ runcount }) => runcount),
    [0, 0, 0],
  );
});

test('S9: an asynchronous list that awaits itself is stopped', async () => {
  const { registry, calls } = setup();
  for (const name of ['a', 'b']) {
    registry.register('test_event', () => {
      calls.push(name);
      return registry.invokeAsync('test_event', 'x');
    });
  }
  await assert.rejects(registry.invokeAsync('test_event', 'x'), { code: 'ERUNAWAY' });
  assert.ok(calls.length <= 501);
  assert.equal(registry.findList('test_event')?.info().runcount, 0);
});

test('S9: lists whose handlers overflow the stack, each by way of the other, work on', async () => {
  const program = fileURLToPath(new URL('overflow.js', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [program], { timeout: 20_000 });
  assert.equal(stdout, 'called, runcounts were 0 and 0\n');
});

test('calls are counted, also of handlers that were added during a dispatch', () => {
  const { registry, add } = setup();
  let added = false;
  add('a', 5, () => {
    if (added) return;
    added = true;
    registry.register('test_event', { name: 'before', priority: 4, handler: () => {} });
    registry.register('test_event', { name: 'after', priority: 6, handler: () => {} });
    registry.invoke('test_event', 'x');
  });
  registry.invoke('test_event', 'x');
  registry.invoke('test_event', 'x');
  assert.deepEqual(
    registry.lists()[0]?.entries.map((entry) => entry.calls),
    [2, 3, 3],
  );
});

test('S10: a handler removed during a dispatch is skipped, stays linked until the end, and is pruned then', () => {
  const { registry, calls, add } = setup();
  let deadcount: number | undefined;
  let pruned: number | undefined;
  add('a', 1, () => {
    registry.deregisterNowait('test_event', b);
    deadcount = registry.lists()[0]?.deadcount;
    pruned = registry.findList('test_event')?.prune();
  });
  const b = add('b', 2);
  add('c', 3);
  registry.invoke('test_event', 'x');
  assert.deepEqual(calls, ['a', 'c']);
  assert.equal(deadcount, 1);
  assert.equal(pruned, 0, 'prune does nothing while the list is dispatched (S21)');
  assert.equal(registry.lists()[0]?.deadcount, 0);
});

test('S10: a handler may remove itself, and everybody', () => {
  const { registry, calls, add } = setup();
  const a = add('a', 1, () => registry.deregisterNowait('test_event', a));
  add('b', 2, () => registry.deregisterNowait('test_event', null));
  add('c', 3);
  registry.invoke('test_event', 'x');
  assert.deepEqual(calls, ['a', 'b']);
  registry.invoke('test_event', 'x');
  assert.deepEqual(calls, ['a', 'b']);
  assert.equal(registry.findList('test_event')?.length, 0);
});

test('S10: removed by a nested dispatch, a handler is skipped by the outer one too', () => {
  const { registry, calls, add } = setup();
  let nested = 0;
  add('a', 1, () => {
    if (nested++ === 0) registry.invoke('test_event', 'x');
    else registry.deregisterNowait('test_event', b);
  });
  const b = add('b', 2);
  add('c', 3);
  registry.invoke('test_event', 'x');
  assert.deepEqual(calls, ['a', 'a', 'c', 'c']);
});

test('S11: outside a dispatch a handler is gone at once', () => {
  const { registry, calls, add } = setup();
  const tag = add('a');
  registry.deregisterNowait('test_event', tag);
  assert.deepEqual(registry.lists(), [{ name: 'test_event', runcount: 0, deadcount: 0, entries: [] }]);
  registry.invoke('test_event', 'x');
  assert.deepEqual(calls, []);
});

test('S13: a removed handler keeps its place: what is then added before it is not called', () => {
  const { registry, calls, add } = setup();
  const a = add('a', 5, () => {
    registry.deregisterNowait('test_event', a);
    add('before', 4);
    add('after', 5);
  });
  registry.invoke('test_event', 'x');
  assert.deepEqual(calls, ['a', 'after']);
});

test('invokeUntil leaves the call that is in progress when its signal aborts, and calls none behind it', async () => {
  const errors: string[] = [];
  const { registry, calls, add } = setup({ onError: ({ message }) => void errors.push(message) });
  const given = new AbortController();
  let end = (_error: Error): void => {};
  add('a', 1);
  const tag = registry.register('test_event', {
    priority: 2,
    handler: () => new Promise<void>((_, reject) => (end = reject)),
  });
  add('c', 3);
  const dispatch = registry.invokeUntil(given.signal, 'test_event', 'x');
  await Promise.resolve();
  given.abort(new Error('given up'));
  await assert.rejects(dispatch, /^Error: given up$/);
  let removed = false;
  const removal = registry.deregister('test_event', tag).then(() => (removed = true));
  let drained = false;
  const drain = registry
    .findList('test_event')!
    .drain()
    .then(() => (drained = true));
  await new Promise(setImmediate);
  assert.deepEqual([removed, drained], [false, false], 'the call that was left is still in progress');
  end(new Error('late'));
  await Promise.all([removal, drain]);
  assert.deepEqual([calls, errors.length], [['a'], 1], 'and is reported when it fails');
  assert.match(errors[0]!, /late/);
  await assert.rejects(registry.invokeUntil(given.signal, 'test_event', 'x'), /given up/);
  assert.deepEqual(calls, ['a']);
  assert.equal(registry.lists()[0]!.runcount, 0);
});

test('invokeUntil calls nobody once its signal has aborted, before the first handler or by one of them', async () => {
  const errors: string[] = [];
  const { registry, calls, add } = setup({ onError: ({ message }) => void errors.push(message) });
  const list = registry.defineList('test_event');
  const given = new AbortController();
  add('aborts', 1, () => given.abort(new Error('given up')));
  add('behind', 2);
  await assert.rejects(list.invokeUntil(given.signal, 'x'), { message: 'given up' });
  assert.deepEqual(calls, ['aborts']);
  await assert.rejects(list.invokeUntil(given.signal, 'y'), { message: 'given up' });
  await assert.rejects(registry.invokeUntil(given.signal, 'pair_event', 'z', 1), { message: 'given up' });
  assert.deepEqual([calls, errors], [['aborts'], []]);
});

test('invokeUntil reports what a handler throws, though its signal has aborted', async () => {
  const errors: string[] = [];
  const { registry, add } = setup({ onError: ({ message }) => void errors.push(message) });
  const given = new AbortController();
  add('fails', 1, () => {
    given.abort(new Error('given up'));
    throw new Error('its own');
  });
  await assert.rejects(registry.invokeUntil(given.signal, 'test_event', 'x'), { message: 'given up' });
  assert.match(errors.join(), /failed: its own$/);
});

test('invokeUntil counts the call that it waits for as running', async () => {
  const { registry } = setup();
  let end = (): void => {};
  registry.register('test_event', () => new Promise<void>((resolve) => (end = resolve)));
  const dispatch = registry.invokeUntil(new AbortController().signal, 'test_event', 'x');
  await new Promise(setImmediate);
  const [list] = registry.lists();
  assert.deepEqual([list?.runcount, list?.entries[0]?.running], [1, 1]);
  end();
  await dispatch;
  assert.equal(registry.lists()[0]?.entries[0]?.running, 0);
});

test('what a handler returns is no concern of a dispatch, unless it is a promise', async () => {
  const errors: string[] = [];
  const { registry } = setup({ onError: ({ message }) => void errors.push(message) });
  registry.register('test_event', () => 7);
  registry.register('ask_event', () => 7);
  await registry.invokeAsync('test_event', 'x');
  const veto = new Veto();
  registry.invoke('ask_event', veto);
  assert.deepEqual([errors, veto.reason], [[], undefined]);
  assert.deepEqual(
    registry.lists().map(({ entries }) => entries[0]?.running),
    [0, 0],
  );
});

test('a handler that stands for others elsewhere learns whether it is waited for, and what its answer is for', async () => {
  const { registry } = setup();
  const list = registry.defineList('price_event');
  const asking = registry.defineList('price_event', { result: 'collect' });
  const seen: unknown[] = [];
  registry.register('price_event', () => {
    seen.push([list.manner.awaiting, list.manner.inquiry?.kind]);
  });
  list.invoke('front');
  await list.invokeAsync('front');
  asking.invoke('front');
  await asking.invokeAsync('front');
  assert.deepEqual(seen, [
    [false, undefined],
    [true, undefined],
    [false, 'collect'],
    [true, 'collect'],
  ]);
  assert.equal(list.manner.awaiting, false, 'and nothing is left of it');
});

test('invokeUntil ends before its signal aborts as invokeAsync does', async () => {
  const { registry, calls, add } = setup();
  const given = new AbortController();
  registry.register('test_event', async () => void calls.push('async'));
  add('after');
  await registry.invokeUntil(given.signal, 'test_event', 'x');
  given.abort();
  assert.deepEqual(calls, ['async', 'after']);
});
