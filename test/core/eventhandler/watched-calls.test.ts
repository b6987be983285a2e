/** Tracers that follow the calls of handlers. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { EventHandlerRegistry, type EventHandlerTracer } from '../../../core/eventhandler/index.js';
import './events.js';

/** Notes each call and its end, one line each. */
function note(lines: string[]): EventHandlerTracer {
  return {
    handling: ({ list, handler, owner, priority, args }) => {
      lines.push(`${list} ${handler} ${owner} ${priority} ${JSON.stringify(args)}`);
      return {
        returned: (outcome) => lines.push(`${handler} returned ${JSON.stringify({ ...outcome })}`),
        settled: ({ error }) => lines.push(`${handler} settled ${String(error)}`),
      };
    },
  };
}

describe('a tracer that follows calls', () => {
  it('sees each handler with its own argument left out, what is within it, and its end', () => {
    const registry = new EventHandlerRegistry();
    const lines: string[] = [];
    registry.register('test_event', {
      name: 'outer',
      owner: 'pager',
      priority: 1,
      arg: 'mine',
      handler: (arg, text) => {
        lines.push(`in outer ${arg} ${text}`);
        registry.invoke('other_event');
      },
    });
    registry.register('other_event', { name: 'inner', handler: () => {} });
    using _tracing = registry.trace(note(lines));
    registry.register('test_event', { name: 'late', handler: () => {} });
    registry.invoke('test_event', 'x');
    assert.deepEqual(lines, [
      'test_event outer pager 1 ["x"]',
      'in outer mine x',
      'other_event inner undefined 10000 []',
      'inner returned {"pending":false}',
      'outer returned {"pending":false}',
      'test_event late undefined 10000 ["x"]',
      'late returned {"pending":false}',
    ]);
  });

  it('is told what a handler threw or rejected with, which the registry is told as before', async () => {
    const errors: string[] = [];
    const registry = new EventHandlerRegistry({ onError: ({ message }) => errors.push(message) });
    const outcomes: unknown[] = [];
    using _tracing = registry.trace({
      handling: () => ({
        returned: (outcome) => outcomes.push(outcome),
        settled: (outcome) => outcomes.push(outcome),
      }),
    });
    const boom = new Error('boom');
    registry.register('test_event', {
      name: 'throws',
      handler: () => {
        throw boom;
      },
    });
    registry.register('test_event', { name: 'rejects', handler: () => Promise.reject(boom) });
    registry.register('test_event', { name: 'waits', handler: () => Promise.resolve() });
    await registry.invokeAsync('test_event', 'x');
    await new Promise(setImmediate);
    assert.deepEqual(outcomes, [
      { error: boom, pending: false },
      { pending: true },
      { error: boom },
      { pending: true },
      {},
    ]);
    assert.deepEqual(errors, [
      'test_event: handler throws (priority 10000) failed: boom',
      'test_event: handler rejects (priority 10000) failed: boom',
    ]);
    assert.deepEqual(
      registry.lists()[0]?.entries.map(({ calls, errors: failed }) => [calls, failed]),
      [
        [1, 1],
        [1, 1],
        [1, 0],
      ],
    );
  });

  it('leaves nothing behind: handlers are called directly again', () => {
    const registry = new EventHandlerRegistry();
    const lines: string[] = [];
    let frames: string[] = [];
    registry.register('test_event', () => {
      frames = new Error('where').stack!.split('\n').filter((line) => line.includes('watched-calls.js'));
    });
    const one = registry.trace(note(lines));
    const two = registry.trace({ handling: () => undefined });
    registry.invoke('test_event', 'x');
    assert.ok(frames.length > 0);
    one[Symbol.dispose]();
    registry.invoke('test_event', 'y');
    two[Symbol.dispose]();
    registry.invoke('test_event', 'z');
    assert.equal(frames.length, 0);
    assert.equal(lines.filter((line) => line.startsWith('test_event')).length, 1);
  });

  it('alone is put around calls: one that wants to know of registrations is not', () => {
    const registry = new EventHandlerRegistry();
    using _tracing = registry.trace({ registered: () => {}, invoked: () => {} });
    let frames = '';
    registry.register('test_event', () => {
      frames = new Error('where').stack!;
    });
    registry.invoke('test_event', 'x');
    assert.doesNotMatch(frames, /eventhandler\/watched-calls\.js/);
  });

  it('follows calls again after another has come and gone', () => {
    const registry = new EventHandlerRegistry();
    registry.register('test_event', { name: 'a', handler: () => {} });
    for (let i = 0; i < 2; i++) {
      const lines: string[] = [];
      using _tracing = registry.trace(note(lines));
      registry.invoke('test_event', 'x');
      assert.equal(lines.length, 2);
    }
  });

  it('follows calls while another does not, or has no interest in this one', () => {
    const warnings: string[] = [];
    const registry = new EventHandlerRegistry({ warn: (message) => warnings.push(message) });
    const lines: string[] = [];
    const absent = { follows: () => false, handling: () => assert.fail('must not be asked') };
    using _absent = registry.trace(absent);
    using _indifferent = registry.trace({ handling: () => undefined });
    using _interested = registry.trace(note(lines));
    registry.register('test_event', { name: 'a', handler: () => {} });
    registry.invoke('test_event', 'x');
    assert.deepEqual(lines, ['test_event a undefined 10000 ["x"]', 'a returned {"pending":false}']);
    assert.deepEqual(warnings, []);
  });

  it('costs no object while it follows nothing', () => {
    const registry = new EventHandlerRegistry();
    let follows = false;
    let calls = 0;
    using _tracing = registry.trace({
      follows: () => follows,
      handling: () => void calls++,
    });
    registry.register('test_event', () => {});
    registry.invoke('test_event', 'x');
    assert.equal(calls, 0);
    follows = true;
    registry.invoke('test_event', 'y');
    assert.equal(calls, 1);
  });

  it('that fails is warned about, and passes neither for the handler nor keeps it from being called', () => {
    const warnings: string[] = [];
    const errors: string[] = [];
    const registry = new EventHandlerRegistry({
      warn: (message) => warnings.push(message),
      onError: ({ message }) => errors.push(message),
    });
    const fail = (): never => {
      throw new Error('full');
    };
    using _first = registry.trace({ handling: fail });
    using _second = registry.trace({ handling: () => ({ returned: fail }) });
    const calls: string[] = [];
    registry.register('test_event', (text) => void calls.push(text));
    registry.invoke('test_event', 'x');
    assert.deepEqual([calls, errors], [['x'], []]);
    assert.deepEqual(warnings, ['a tracer failed: full', 'a tracer failed: full']);
  });

  it('that cannot say whether it follows calls keeps no handler from being called', () => {
    const warnings: string[] = [];
    const errors: string[] = [];
    const registry = new EventHandlerRegistry({
      warn: (message) => warnings.push(message),
      onError: ({ message }) => errors.push(message),
    });
    const calls: string[] = [];
    registry.register('test_event', (text) => void calls.push(text));
    using _tracing = registry.trace({
      follows: () => {
        throw new Error('full');
      },
      handling: () => void calls.push('followed'),
    });
    registry.invoke('test_event', 'x');
    assert.deepEqual([calls, errors, warnings], [['x'], [], ['a tracer failed: full']]);
  });

  it('may put something around a call, which is made once and keeps its result and its error', () => {
    const errors: string[] = [];
    const warnings: string[] = [];
    const registry = new EventHandlerRegistry({
      warn: (message) => warnings.push(message),
      onError: ({ message }) => errors.push(message),
    });
    const lines: string[] = [];
    const around = (name: string, times: number) => ({
      handling: () => ({
        around(call: () => void) {
          lines.push(`${name} begins`);
          for (let i = 0; i < times; i++) call();
          lines.push(`${name} ends`);
        },
      }),
    });
    using _outer = registry.trace(around('outer', 2));
    using _inner = registry.trace(around('inner', 1));
    using _lazy = registry.trace(around('lazy', 0));
    using _broken = registry.trace({
      handling: () => ({
        around() {
          throw new Error('full');
        },
      }),
    });
    registry.register('test_event', (text) => {
      lines.push(text);
      throw new Error('boom');
    });
    registry.invoke('test_event', 'x');
    assert.deepEqual(lines, [
      'outer begins',
      'inner begins',
      'lazy begins',
      'lazy ends',
      'x',
      'inner ends',
      'outer ends',
    ]);
    assert.match(errors.join('|'), /^test_event: handler .* failed: boom$/);
    assert.deepEqual(warnings, ['a tracer failed: full']);
  });
});
