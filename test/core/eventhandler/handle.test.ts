/** A registered handler in the hands of a reload: its calls are diverted, its place goes to its successor. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Flight } from '../../../core/eventhandler/entry.js';
import type { HandlerHandle } from '../../../core/eventhandler/handle.js';
import { EventHandlerRegistry, type EventHandlerTag } from '../../../core/eventhandler/index.js';
import { Tag } from '../../../core/eventhandler/tag.js';
import './events.js';

interface Noted {
  readonly registry: EventHandlerRegistry;
  /** What the handlers noted since it was last asked. */
  readonly calls: () => string[];
  readonly add: (label: string, priority?: number) => { tag: EventHandlerTag; handle: HandlerHandle };
}

function setUp(): Noted {
  const registry = new EventHandlerRegistry();
  const noted: string[] = [];
  const add: Noted['add'] = (label, priority) => {
    const tag = registry.register('test_event', {
      name: label,
      priority,
      handler: () => void noted.push(label),
    });
    return { tag, handle: Tag.handleOf(tag) };
  };
  return { registry, calls: () => noted.splice(0), add };
}

async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  void promise.then(() => (settled = true));
  await new Promise(setImmediate);
  return settled;
}

describe('a handler that takes the place of another', () => {
  it('is called where that one was, before what came between them', () => {
    const { registry, calls, add } = setUp();
    for (const label of ['before', 'old', 'after']) add(label);
    const old = registry.register('test_event', () => {});
    add('last');
    add('new').handle.takePlaceOf(Tag.handleOf(old));
    registry.invoke('test_event', 'x');
    assert.deepEqual(calls(), ['before', 'old', 'after', 'new', 'last']);
    add('end');
    registry.invoke('test_event', 'x');
    assert.deepEqual(calls(), ['before', 'old', 'after', 'new', 'last', 'end']);
  });

  it('can be the first of its list', () => {
    const { registry, calls, add } = setUp();
    const first = add('old');
    const second = add('new');
    second.handle.takePlaceOf(first.handle);
    registry.deregisterNowait('test_event', first.tag);
    add('end');
    registry.invoke('test_event', 'x');
    assert.deepEqual(calls(), ['new', 'end']);
  });

  it('stays where it is if that one has been removed', () => {
    const { registry, calls, add } = setUp();
    const first = add('first');
    const gone = add('gone');
    registry.deregisterNowait('test_event', gone.tag);
    first.handle.takePlaceOf(gone.handle);
    registry.invoke('test_event', 'x');
    assert.deepEqual(calls(), ['first']);
  });

  it('does not come back if it has been removed, and takes nothing with it', () => {
    const { registry, calls, add } = setUp();
    const first = add('first');
    const gone = add('gone');
    const neighbour = add('neighbour');
    registry.deregisterNowait('test_event', gone.tag);
    registry.deregisterNowait('test_event', neighbour.tag);
    add('last');
    gone.handle.takePlaceOf(first.handle);
    registry.invoke('test_event', 'x');
    assert.deepEqual(calls(), ['first', 'last']);
  });

  it('stays where it is if that one has another priority', () => {
    const { registry, calls, add } = setUp();
    const early = add('early', 1);
    add('middle', 2);
    add('late', 3).handle.takePlaceOf(early.handle);
    registry.invoke('test_event', 'x');
    assert.deepEqual(calls(), ['early', 'middle', 'late']);
  });
});

describe('a handler whose calls are diverted', () => {
  it('is not called by a dispatch until it is restored, and has its name all the while', () => {
    const { registry, calls, add } = setUp();
    const { handle } = add('own');
    const diverted: unknown[] = [];
    handle.divert((text) => diverted.push(text));
    registry.invoke('test_event', 'x');
    assert.deepEqual([calls(), diverted], [[], ['x']]);
    assert.deepEqual([handle.event, handle.name], ['test_event', 'own']);
    handle.restore();
    registry.invoke('test_event', 'y');
    assert.deepEqual([calls(), diverted], [['own'], ['x']]);
  });

  it('is restored once: what was in force in between is forgotten', () => {
    const { registry, calls, add } = setUp();
    const { handle } = add('own');
    handle.hold(() => undefined);
    handle.restore();
    assert.equal(handle.ended, undefined);
    handle.restore();
    const plain = Tag.handleOf(registry.register('test_event', () => {}));
    plain.restore();
    registry.invoke('test_event', 'x');
    assert.deepEqual(calls(), ['own']);
  });

  it('is called by who diverted it, which counts, until it is removed', () => {
    const { registry, calls, add } = setUp();
    const { tag, handle } = add('own');
    handle.divert(() => undefined);
    handle.call(['x']);
    registry.invoke('test_event', 'y');
    assert.deepEqual(calls(), ['own']);
    assert.equal(registry.lists()[0]?.entries[0]?.calls, 2);
    registry.deregisterNowait('test_event', tag);
    handle.call(['z']);
    assert.deepEqual(calls(), []);
  });

  it('is followed by tracers where it is diverted to, and not where it is called from there', () => {
    const { registry, calls, add } = setUp();
    const followed: unknown[] = [];
    using _tracing = registry.trace({
      handling: ({ args }) => void followed.push(args[0]),
    });
    const { handle } = add('own');
    const diverted: unknown[] = [];
    handle.divert((text) => {
      diverted.push(text);
      return handle.call([text]);
    });
    registry.invoke('test_event', 'x');
    assert.deepEqual([calls(), diverted, followed], [['own'], ['x'], ['x']]);
    handle.restore();
    registry.invoke('test_event', 'y');
    assert.deepEqual([calls(), diverted, followed], [['own'], ['x'], ['x', 'y']]);
  });
});

describe('a handler whose calls are held', () => {
  it('is called by its holder, also one that was registered during the dispatch', () => {
    const { registry, calls, add } = setUp();
    let held: HandlerHandle | undefined;
    registry.register('other_event', () => {
      registry.invoke('test_event', 'x');
    });
    registry.register('test_event', {
      priority: 1,
      handler: () => void (held ??= add('fresh').handle).call(['x']),
    });
    registry.invoke('test_event', 'x');
    assert.deepEqual(calls(), ['fresh', 'fresh'], 'by its holder, and by the dispatch');
  });

  it('has ended when as many calls have as were in progress, whatever began later', async () => {
    const registry = new EventHandlerRegistry();
    const running: (() => void)[] = [];
    const handler = (): Promise<void> => new Promise((resolve) => running.push(resolve));
    const tag = registry.register('test_event', handler);
    const handle = Tag.handleOf(tag);
    registry.invoke('test_event', 'a');
    registry.invoke('test_event', 'b');
    handle.hold(() => undefined);
    void handle.call(['c']);
    running[0]!();
    assert.equal(await isSettled(handle.ended!), false);
    running[1]!();
    assert.equal(await isSettled(handle.ended!), true);
  });

  it('has ended at once if nothing was in progress', async () => {
    const { registry, add } = setUp();
    const { handle } = add('idle');
    registry.invoke('test_event', 'x');
    assert.equal(handle.ended, undefined, 'it is not held');
    handle.hold(() => undefined);
    assert.equal(await isSettled(handle.ended!), true);
  });
});

describe('a handle', () => {
  it('is of a tag, and of nothing else', () => {
    assert.throws(() => Tag.handleOf({} as EventHandlerTag), { message: 'not a tag' });
  });
});

describe('the calls of a handler', () => {
  it('can be waited for by several', async () => {
    const flight = new Flight();
    flight.inflight = 1;
    const waits = [flight.ended(), flight.ended()];
    flight.settled();
    assert.deepEqual(await Promise.all(waits.map((wait) => isSettled(wait!))), [true, true]);
  });
});
