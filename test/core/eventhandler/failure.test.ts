import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type EventHandlerError, EventHandlerRegistry, Veto } from '../../../core/eventhandler/index.js';
import './events.js';

test('S27: a handler that throws or rejects stops nobody; each error is reported once, with its cause', async () => {
  const registry = new EventHandlerRegistry();
  const errors: EventHandlerError[] = [];
  const calls: string[] = [];
  registry.onError = (error) => errors.push(error);
  const cause = new Error('no such host');
  registry.register('test_event', {
    name: 'thrower',
    priority: 1,
    handler: () => {
      throw cause;
    },
  });
  registry.register('test_event', { name: 'rejecter', priority: 2, handler: () => Promise.reject(cause) });
  registry.register('test_event', { priority: 3, handler: () => void calls.push('ran') });
  registry.invoke('test_event', 'x');
  await registry.invokeAsync('test_event', 'x');
  assert.deepEqual(calls, ['ran', 'ran']);
  assert.deepEqual(
    errors.map((error) => error.handler),
    ['thrower', 'thrower', 'rejecter', 'rejecter'],
  );
  const [first] = errors;
  assert.equal(first?.message, 'test_event: handler thrower (priority 1) failed: no such host');
  assert.equal(first?.cause, cause);
  assert.equal(first?.event, 'test_event');
  assert.equal(first?.priority, 1);
  assert.equal(first?.code, 'EHANDLER');
  assert.deepEqual(
    registry.lists()[0]?.entries.map((entry) => [entry.calls, entry.errors, entry.running]),
    [
      [2, 2, 0],
      [2, 2, 0],
      [2, 0, 0],
    ],
  );
});

test('S27: the list’s onError goes before the registry’s', () => {
  const registry = new EventHandlerRegistry({ onError: () => assert.fail('must not be asked') });
  const list = registry.defineList('other_event');
  const errors: EventHandlerError[] = [];
  list.onError = (error) => errors.push(error);
  registry.register('other_event', () => {
    throw 'a string';
  });
  list.invoke();
  assert.match(errors[0]?.message ?? '', /failed: a string$/);
});

test('S27: by default the error is thrown again in a microtask, where it ends the process', async () => {
  const { spawnSync } = await import('node:child_process');
  const module = new URL('../../../core/eventhandler/index.js', import.meta.url).href;
  const script = `
    const { EventHandlerRegistry } = await import(${JSON.stringify(module)});
    const registry = new EventHandlerRegistry();
    registry.register('test_event', { name: 'bad', handler: () => { throw new Error('boom'); } });
    registry.register('test_event', () => console.log('the next one ran'));
    registry.invoke('test_event');
    console.log('the invoker went on');
    setTimeout(() => console.log('too late'), 1000);
  `;
  const child = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
  assert.equal(child.stdout, 'the next one ran\nthe invoker went on\n');
  assert.match(child.stderr, /test_event: handler bad \(priority 10000\) failed: boom/);
  assert.match(child.stderr, /cause.*boom/);
  assert.equal(child.status, 1);
});

test('what onError throws ends neither the dispatch nor goes lost: it is thrown again in a microtask', () => {
  const onError = (): never => {
    throw new Error('no room');
  };
  const registry = new EventHandlerRegistry({ onError });
  assert.equal(registry.onError, onError);
  const calls: string[] = [];
  registry.register('test_event', () => {
    throw new Error('boom');
  });
  registry.register('test_event', () => void calls.push('next'));
  const later: (() => void)[] = [];
  const { queueMicrotask } = globalThis;
  globalThis.queueMicrotask = (task) => void later.push(task);
  try {
    registry.invoke('test_event', 'x');
  } finally {
    globalThis.queueMicrotask = queueMicrotask;
  }
  assert.deepEqual(calls, ['next']);
  assert.equal(later.length, 1);
  assert.throws(later[0]!, { message: 'no room' });
});

test('a registry that stands alone warns on the console, and throws errors again in a microtask', () => {
  const registry = new EventHandlerRegistry({ leakThreshold: 1 });
  const warned: unknown[] = [];
  const later: (() => void)[] = [];
  const { warn } = console;
  const { queueMicrotask } = globalThis;
  console.warn = (message) => void warned.push(message);
  globalThis.queueMicrotask = (task) => void later.push(task);
  try {
    registry.register('test_event', () => {
      throw new Error('boom');
    });
    registry.invoke('test_event', 'x');
  } finally {
    console.warn = warn;
    globalThis.queueMicrotask = queueMicrotask;
  }
  assert.match(String(warned[0]), /^test_event: 1 handlers are registered, which looks like a leak/);
  assert.throws(later[0]!, { code: 'EHANDLER' });
});

test('a thenable whose then throws is an error of its handler', async () => {
  const registry = new EventHandlerRegistry();
  const errors: string[] = [];
  registry.onError = (error) => errors.push(error.message);
  const hostile = {
    // biome-ignore lint/suspicious/noThenProperty: that is what is tested
    // oxlint-disable-next-line unicorn/no-thenable
    then: () => {
      throw new Error('gotcha');
    },
  };
  const tag = registry.register('test_event', { name: 'odd', handler: () => hostile });
  registry.invoke('test_event', 'x');
  await registry.invokeAsync('test_event', 'x');
  await registry.deregister('test_event', tag);
  const message = 'test_event: handler odd (priority 10000) failed: gotcha';
  assert.deepEqual(errors, [message, message]);
});

test('S26: every handler is asked; the first veto stands', () => {
  const registry = new EventHandlerRegistry();
  const asked: string[] = [];
  registry.register('ask_event', { priority: 1, handler: () => void asked.push('willing') });
  registry.register('ask_event', {
    priority: 2,
    handler: (veto) => {
      asked.push('first');
      veto.veto('in use by first');
    },
  });
  registry.register('ask_event', {
    priority: 3,
    handler: (veto) => {
      asked.push('second');
      veto.veto('in use by second');
    },
  });
  const veto = new Veto();
  assert.deepEqual([veto.vetoed, veto.reason], [false, undefined]);
  registry.invoke('ask_event', veto);
  assert.deepEqual(asked, ['willing', 'first', 'second']);
  assert.deepEqual([veto.vetoed, veto.reason], [true, 'in use by first']);
});

test('S26: a throw or a rejection in an event that asks is a veto, and reported as any other, with its stack', async () => {
  const causes: unknown[] = [];
  const registry = new EventHandlerRegistry({ onError: ({ cause }) => causes.push(cause) });
  const tag = registry.register('ask_event', {
    name: 'confused',
    handler: () => {
      throw new Error('who am I');
    },
  });
  const thrown = new Veto();
  registry.invoke('ask_event', thrown);
  assert.equal(thrown.reason, 'handler confused of ask_event failed: who am I');
  registry.deregisterNowait('ask_event', tag);
  registry.register('ask_event', { name: 'absent', handler: () => Promise.reject(new Error('gone')) });
  const rejected = new Veto();
  await registry.invokeAsync('ask_event', rejected);
  assert.equal(rejected.reason, 'handler absent of ask_event failed: gone');
  assert.deepEqual(
    causes.map((cause) => (cause as Error).message),
    ['who am I', 'gone'],
  );
  assert.match((causes[0] as Error).stack!, /failure\.test/);
});

async function askedLate(veto: Veto): Promise<void> {
  await Promise.resolve();
  veto.veto('busy');
}

test('S26: an async handler cannot answer a question that does not wait, and so refuses', async () => {
  const registry = new EventHandlerRegistry();
  registry.register('ask_event', { name: 'slow', handler: askedLate });
  const veto = new Veto();
  registry.invoke('ask_event', veto);
  assert.equal(veto.reason, 'handler slow of ask_event is async and cannot answer at once');
  const patient = new Veto();
  await registry.invokeAsync('ask_event', patient);
  assert.equal(patient.reason, 'busy');
});

test('S26: a veto without a reason is a veto', () => {
  for (const refuse of [(veto: Veto) => veto.veto(), (veto: Veto) => veto.veto('')]) {
    const veto = new Veto();
    refuse(veto);
    veto.veto('too late');
    assert.deepEqual([veto.vetoed, veto.reason], [true, 'no reason was given']);
  }
});

test('S27: an error says whose handler it was', () => {
  const errors: EventHandlerError[] = [];
  const registry = new EventHandlerRegistry({ onError: (error) => errors.push(error) });
  const fail = (): never => {
    throw new Error('no');
  };
  registry.register('test_event', { handler: () => fail(), owner: 'pager', name: 'anonymous' });
  registry.register('test_event', { handler: () => fail(), owner: 'pager', name: 'pager.onTest' });
  registry.invoke('test_event', 'x');
  assert.deepEqual(
    errors.map(({ owner, message }) => [owner, message]),
    [
      ['pager', 'test_event: handler anonymous of pager (priority 10000) failed: no'],
      ['pager', 'test_event: handler pager.onTest (priority 10000) failed: no'],
    ],
  );
});

test('a function with a then is a promise, as it is to await', async () => {
  const registry = new EventHandlerRegistry();
  let ended = false;
  const callable = Object.assign(() => {}, {
    // biome-ignore lint/suspicious/noThenProperty: that is what is tested
    // oxlint-disable-next-line unicorn/no-thenable
    then: (resolve: (value: unknown) => void) => {
      setImmediate(() => {
        ended = true;
        resolve(undefined);
      });
    },
  });
  const tag = registry.register('test_event', () => callable);
  await registry.invokeAsync('test_event', 'x');
  assert.equal(ended, true);
  registry.invoke('test_event', 'x');
  assert.equal(registry.lists()[0]?.entries[0]?.running, 1);
  await registry.deregister('test_event', tag);
});

test('a thrown thing that cannot be made a text is reported as any other', () => {
  const registry = new EventHandlerRegistry();
  const errors: EventHandlerError[] = [];
  registry.onError = (error) => errors.push(error);
  registry.register('test_event', () => {
    throw Object.create(null);
  });
  registry.invoke('test_event', 'x');
  assert.match(errors[0]!.message, /failed: a thrown object without a text$/);
  assert.equal(registry.findList('test_event')!.info().runcount, 0);
});

test('a function whose name is no text is listed as anonymous', () => {
  const registry = new EventHandlerRegistry();
  const handler = Object.defineProperty(() => {}, 'name', { value: 5 });
  registry.register('test_event', handler);
  assert.equal(registry.lists()[0]?.entries[0]?.handler, 'anonymous');
});

test('a handler whose name cannot be read fails as any other, and is listed', () => {
  const registry = new EventHandlerRegistry();
  const errors: EventHandlerError[] = [];
  registry.onError = (error) => errors.push(error);
  let calls = 0;
  const { proxy, revoke } = Proxy.revocable(() => undefined, {});
  registry.register('test_event', proxy);
  registry.register('test_event', () => void calls++);
  revoke();
  registry.invoke('test_event', 'x');
  assert.equal(calls, 1);
  assert.deepEqual(
    errors.map((error) => error.handler),
    ['unreadable'],
  );
  assert.equal(registry.lists()[0]?.entries[0]?.handler, 'unreadable');
});
