import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  Answers,
  type EventHandlerError,
  EventHandlerRegistry,
  type ResultOptions,
  RunawayError,
  Veto,
} from '../../../core/eventhandler/index.js';

declare module 'carpet-kernel' {
  interface EventHandlers {
    price_event(door: string): number | null | Promise<number | null>;
    label_event(label: string, door: string): string | Promise<string>;
    permit_event(veto: Veto): boolean | Promise<boolean>;
  }
}

/** A registry whose errors are kept. */
function setUp(): { registry: EventHandlerRegistry; errors: EventHandlerError[] } {
  const errors: EventHandlerError[] = [];
  return { registry: new EventHandlerRegistry({ onError: (error) => errors.push(error) }), errors };
}

const fail = (): never => {
  throw new Error('no such door');
};

test('bail: the first answer by priority is the result, and nobody is asked after it', async () => {
  const { registry } = setUp();
  const list = registry.defineList('price_event', { result: 'bail' });
  assert.equal(list.invoke('front'), undefined);
  const asked: number[] = [];
  const answering = (priority: number, answer: number | null | undefined) =>
    registry.register('price_event', {
      priority,
      handler: () => {
        asked.push(priority);
        return answer;
      },
    });
  answering(3, 30);
  const second = answering(2, null);
  answering(1, undefined);
  assert.equal(list.invoke('front'), null, 'null is an answer, undefined is none');
  registry.deregisterNowait('price_event', second);
  assert.equal(await list.invokeAsync('front'), 30);
  assert.deepEqual(asked, [1, 2, 1, 3]);
});

test('bail: an answer that had to be waited for is the first one too, and the others are not asked', async () => {
  const { registry } = setUp();
  const list = registry.defineList('price_event', { result: 'bail' });
  const asked: number[] = [];
  for (const price of [1, 2])
    registry.register('price_event', async () => {
      asked.push(price);
      return price;
    });
  assert.equal(await list.invokeAsync('front'), 1);
  assert.deepEqual(asked, [1]);
});

test('collect: all answers in the order of priority, async ones too', async () => {
  const { registry } = setUp();
  const list = registry.defineList('price_event', { result: 'collect' });
  assert.deepEqual(list.invoke('front'), []);
  registry.register('price_event', () => 2);
  registry.register('price_event', () => {}, undefined, 5);
  registry.register('price_event', { priority: 1, handler: () => 1 });
  assert.deepEqual(list.invoke('front'), [1, 2]);
  registry.register('price_event', {
    priority: 3,
    handler: async () => {
      await Promise.resolve();
      return 1.5;
    },
  });
  assert.deepEqual(await list.invokeAsync('front'), [1, 1.5, 2]);
});

test('collect: what answers for several is not one answer but theirs', () => {
  const { registry } = setUp();
  const list = registry.defineList('price_event', { result: 'collect' });
  const elsewhere = (): number => new Answers([2, 3]) as unknown as number;
  registry.register('price_event', () => 1);
  registry.register('price_event', elsewhere);
  registry.register('price_event', () => 4);
  assert.deepEqual(list.invoke('front'), [1, 2, 3, 4]);
  registry.register('price_event', { priority: 0, handler: () => new Answers([]) as unknown as number });
  assert.deepEqual(list.invoke('front'), [1, 2, 3, 4], 'nobody is left out for one that has none');
  assert.equal(list.name, 'price_event');
});

test('waterfall: each answer is the next handler’s first argument, and the last one the result', async () => {
  const { registry } = setUp();
  const list = registry.defineList('label_event', { result: 'waterfall' });
  assert.equal(list.invoke('plain', 'front'), 'plain');
  registry.register('label_event', (label, door) => `${label} ${door}`);
  registry.register('label_event', () => {}, undefined, 15_000);
  registry.register('label_event', (label) => label.toUpperCase(), undefined, 20_000);
  assert.equal(list.invoke('the', 'front'), 'THE FRONT');
  registry.register(
    'label_event',
    async (label) => {
      await Promise.resolve();
      return `${label}!`;
    },
    undefined,
    20_001,
  );
  assert.deepEqual(
    await Promise.all([list.invokeAsync('the', 'front'), list.invokeAsync('a', 'back')]),
    ['THE FRONT!', 'A BACK!'],
    'invocations that overlap do not mix',
  );
});

test('a handler that throws or rejects is reported, has no answer, and does not end the list', async () => {
  const { registry, errors } = setUp();
  const list = registry.defineList('price_event', { result: 'collect' });
  registry.register('price_event', { name: 'thrower', priority: 1, handler: fail });
  registry.register('price_event', () => 2);
  assert.deepEqual(list.invoke('front'), [2]);
  registry.register('price_event', { name: 'rejecter', priority: 2, handler: async () => fail() });
  assert.deepEqual(await list.invokeAsync('front'), [2]);
  assert.deepEqual(
    errors.map(({ handler, message }) => `${handler} ${/no such door/.test(message)}`),
    ['thrower true', 'thrower true', 'rejecter true'],
  );
  assert.deepEqual(
    registry.lists()[0]?.entries.map(({ handler, calls, errors }) => [handler, calls, errors]),
    [
      ['thrower', 2, 2],
      ['rejecter', 1, 1],
      ['anonymous', 2, 0],
    ],
  );
});

test('of a list that fails closed, the error ends the dispatch and is thrown; it is reported too', async () => {
  const { registry, errors } = setUp();
  const list = registry.defineList('price_event', { result: 'bail', failClosed: true });
  const later: string[] = [];
  const thrower = registry.register('price_event', { name: 'thrower', handler: fail });
  registry.register('price_event', (door) => void later.push(door), undefined, 20_000);
  assert.throws(() => list.invoke('front'), { code: 'EHANDLER', handler: 'thrower' });
  registry.deregisterNowait('price_event', thrower);
  registry.register('price_event', { name: 'rejecter', handler: async () => fail() });
  await assert.rejects(list.invokeAsync('front'), { code: 'EHANDLER', handler: 'rejecter' });
  assert.deepEqual(later, []);
  assert.equal(errors.length, 2);
  assert.equal(registry.lists()[0]?.runcount, 0, 'no dispatch is left behind');
});

test('an async handler that is asked to answer at once fails; its call is still tracked', async () => {
  const { registry, errors } = setUp();
  const list = registry.defineList('price_event', { result: 'collect' });
  let end: (answer: number) => void = () => {};
  registry.register('price_event', {
    name: 'slow',
    handler: () => new Promise<number>((resolve) => void (end = resolve)),
  });
  registry.register('price_event', () => 2);
  assert.deepEqual(list.invoke('front'), [2]);
  assert.match(errors[0]?.message ?? '', /handler slow .* failed: it is async .* use invokeAsync/);
  assert.equal(registry.lists()[0]?.entries[0]?.running, 1);
  let drained = false;
  const wait = registry
    .defineList('price_event')
    .drain()
    .then(() => (drained = true));
  await new Promise(setImmediate);
  assert.equal(drained, false, 'drain waits for it');
  end(1);
  await wait;
});

test('a list has one result: a second definition must agree with the first', () => {
  const { registry } = setUp();
  registry.register('price_event', () => 7);
  const list = registry.defineList('price_event', { result: 'bail' });
  assert.equal(registry.defineList('price_event', { result: 'bail' }), list);
  assert.equal(list.invoke('front'), 7, 'handlers that came before the definition are asked');
  for (const options of [
    { result: 'collect' },
    { result: 'bail', failClosed: true },
  ] satisfies ResultOptions[]) {
    assert.throws(() => registry.defineList('price_event', options), {
      code: 'EEXIST',
      message: /price_event: defined with result bail, failClosed false/,
    });
  }
});

test('a veto among the arguments is refused by a handler that fails, as in any list', () => {
  const { registry } = setUp();
  const list = registry.defineList('permit_event', { result: 'bail' });
  registry.register('permit_event', fail);
  const veto = new Veto();
  list.invoke(veto);
  assert.match(veto.reason ?? '', /no such door/);
});

test('handlers may come and go during the dispatch, and recursion ends', () => {
  const { registry } = setUp();
  const list = registry.defineList('price_event', { result: 'collect' });
  registry.register('price_event', {
    priority: 1,
    handler: () => {
      registry.deregisterNowait('price_event', doomed);
      registry.register('price_event', { priority: 3, handler: () => 3 });
      return 1;
    },
  });
  const doomed = registry.register('price_event', { priority: 2, handler: () => 2 });
  assert.deepEqual(list.invoke('front'), [1, 3]);
  registry.deregisterNowait('price_event', null);

  for (let i = 0; i < 2; i++) registry.register('price_event', (door) => list.invoke(door)[0]);
  assert.throws(() => list.invoke('front'), RunawayError);
  assert.equal(registry.lists()[0]?.runcount, 0);
});
