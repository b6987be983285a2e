/** One call after another, and a time limit: what a handler without these does at once, it does at once with them. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { EventHandlerRegistry, Kernel, type KernelFault, VirtualClock } from '../../../core/index.js';
import './events.js';

/** Promises to be fulfilled one by one, in the order of the calls. */
function gates(): { wait: () => Promise<void>; open: () => Promise<void> } {
  const closed: (() => void)[] = [];
  return {
    wait: () => new Promise((resolve) => closed.push(resolve)),
    open: async () => {
      closed.shift()!();
      await new Promise(setImmediate);
    },
  };
}

/** A registry with one serial handler, each call of which waits for its gate; `begun`: with what it was called. */
function serial() {
  const registry = new EventHandlerRegistry();
  const { wait, open } = gates();
  const begun: string[] = [];
  const handler = (text: string): Promise<void> => {
    begun.push(text);
    return wait();
  };
  registry.register('test_event', { serial: true, handler });
  return { registry, open, begun };
}

describe('a serial handler', () => {
  it('is called at once while no call of it is in progress, the first time and later', async () => {
    const { registry, open, begun } = serial();
    registry.invoke('test_event', 'first');
    assert.deepEqual(begun, ['first']);
    await open();
    registry.invoke('test_event', 'second');
    assert.deepEqual(begun, ['first', 'second']);
  });

  it('waits for the call before it, though an earlier one has ended meanwhile', async () => {
    const { registry, open, begun } = serial();
    registry.invoke('test_event', 'a');
    registry.invoke('test_event', 'b');
    await open();
    registry.invoke('test_event', 'c');
    assert.deepEqual(begun, ['a', 'b'], 'b is in progress');
    await open();
    assert.deepEqual(begun, ['a', 'b', 'c']);
  });

  it('that answers at once is never waited for', () => {
    const registry = new EventHandlerRegistry();
    const begun: string[] = [];
    registry.register('test_event', { serial: true, handler: (text) => void begun.push(text) });
    for (const text of ['a', 'b', 'c']) registry.invoke('test_event', text);
    assert.deepEqual(begun, ['a', 'b', 'c']);
    assert.equal(registry.lists()[0]?.entries[0]?.running, 0);
  });
});

describe('a handler with a time limit', () => {
  it('answers at once if it can', () => {
    const registry = new EventHandlerRegistry();
    const list = registry.defineList('price_event', { result: 'bail' });
    registry.register('price_event', { timeout: 100, handler: () => 7 });
    assert.equal(list.invoke('front'), 7);
    using _follows = registry.trace({ handling: () => ({ returned: () => undefined }) });
    assert.equal(list.invoke('front'), 7);
  });

  it('that keeps within it ends as it would without one, and leaves no timer', async () => {
    const clock = new VirtualClock();
    const faults: KernelFault[] = [];
    const kernel = new Kernel({ clock, onError: (error) => void faults.push(error) });
    const { eventhandler } = kernel;
    const list = eventhandler.defineList('price_event', { result: 'collect' });
    const { wait, open } = gates();
    const later = async (): Promise<number> => {
      await wait();
      return 7;
    };
    const failing = async (): Promise<number> => {
      await wait();
      throw new Error('sold');
    };
    eventhandler.register('price_event', { timeout: 100, handler: later });
    eventhandler.register('price_event', { timeout: 100, name: 'failing', handler: failing });
    const answers = list.invokeAsync('front');
    await open();
    await open();
    assert.deepEqual(await answers, [7]);
    assert.deepEqual(
      faults.map(({ message }) => message),
      ['price_event: handler failing (priority 10000) failed: sold'],
    );
    assert.equal(clock.armed, 0);
  });
});

describe('an async handler', () => {
  it('that returns what begins at its `then` is waited for once, whoever looks on', async () => {
    for (const traced of [false, true])
      for (const options of [{}, { serial: true }, { timeout: 1000 }, { serial: true, timeout: 1000 }]) {
        const registry = new EventHandlerRegistry();
        let begun = 0;
        const query = {
          // oxlint-disable-next-line unicorn/no-thenable
          then(done: () => void): void {
            begun++;
            done();
          },
        };
        if (traced) registry.trace({ handling: () => ({ settled: () => undefined }) });
        registry.register('test_event', { ...options, handler: () => query });
        await registry.invokeAsync('test_event', 'x');
        registry.invoke('test_event', 'x');
        await new Promise(setImmediate);
        assert.equal(begun, 2, JSON.stringify({ traced, ...options }));
      }
  });

  it('with a timeout that is no time is refused', () => {
    const registry = new EventHandlerRegistry();
    for (const timeout of [Number.NaN, -1]) {
      const options = { timeout, handler: () => undefined };
      assert.throws(() => registry.register('test_event', options), { code: 'ERANGE' });
    }
    assert.equal(registry.findList('test_event')?.length, 0);
    registry.register('test_event', { timeout: 0, handler: () => undefined });
    assert.equal(registry.findList('test_event')?.length, 1);
  });

  it('whose promise cannot be waited for has failed, and its removal waits for nothing', async () => {
    const errors: string[] = [];
    const registry = new EventHandlerRegistry({ onError: ({ message }) => errors.push(message) });
    const promise = Object.defineProperty(Promise.resolve(), 'constructor', {
      get() {
        throw new Error('no constructor');
      },
    });
    const tag = registry.register('test_event', { name: 'odd', handler: () => promise });
    registry.invoke('test_event', 'x');
    const late = new Promise((resolve) => setTimeout(resolve, 1000, 'waits'));
    const removed = registry.deregister('test_event', tag).then(() => 'removed');
    assert.equal(await Promise.race([removed, late]), 'removed');
    assert.deepEqual(errors, ['test_event: handler odd (priority 10000) failed: no constructor']);
  });
});
