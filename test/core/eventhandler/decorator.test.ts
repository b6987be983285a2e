import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EventHandler, eventHandlersOf } from '../../../core/eventhandler/index.js';
import './events.js';

class Base {
  @EventHandler('test_event')
  onTest(_text: string): void {}

  @EventHandler('other_event', 5)
  onOther(): void {}
}

class Derived extends Base {
  @EventHandler('other_event', 7)
  override onOther(): void {}

  @EventHandler('pair_event', 0)
  @EventHandler('test_event', 1)
  async onBoth(_text: string): Promise<void> {}
}

test('S22: the decorator notes its methods on the class, for the loader to register', () => {
  assert.deepEqual(eventHandlersOf(Base), [
    { name: 'test_event', key: 'onTest', priority: 10000 },
    { name: 'other_event', key: 'onOther', priority: 5 },
  ]);
  assert.deepEqual(eventHandlersOf(class {}), []);
});

test('the options of a handler stand in the place of its priority, and neither may be anything else', () => {
  class Careful {
    @EventHandler('test_event', { serial: true, timeout: 50 })
    async onTest(_text: string): Promise<void> {}
  }
  assert.deepEqual(eventHandlersOf(Careful), [
    { name: 'test_event', key: 'onTest', priority: 10000, serial: true, timeout: 50 },
  ]);
  for (const how of ['first', -1, { priority: 1.5 }])
    assert.throws(() => EventHandler('test_event', how as number), { code: 'ERANGE' });
});

test('S22: a subclass has the handlers of its base, and does not write into them', () => {
  assert.deepEqual(
    eventHandlersOf(Derived)
      .map(({ name, key, priority }) => `${name} ${String(key)} ${priority}`)
      .toSorted(),
    ['other_event onOther 7', 'pair_event onBoth 0', 'test_event onBoth 1', 'test_event onTest 10000'],
  );
  assert.equal(eventHandlersOf(Base).length, 2);
});

test('a bad priority and a static method are refused where they are written', () => {
  assert.throws(() => EventHandler('test_event', -1), { code: 'ERANGE' });
  assert.throws(
    () => {
      class Wrong {
        @EventHandler('test_event')
        static onTest(): void {}
      }
      return Wrong;
    },
    { code: 'EINVAL', message: "@EventHandler('test_event') onTest must not be static" },
  );
});

test('as a standard decorator it says which kind it is', () => {
  const decorate = EventHandler('test_event') as unknown as (method: unknown, context: object) => void;
  assert.throws(() => decorate(() => {}, { kind: 'method', name: 'onTest', static: false }), {
    code: 'EINVAL',
    message:
      "@EventHandler('test_event') is TypeScript's own kind of decorator: set \"experimentalDecorators\": true in tsconfig.json",
  });
});
