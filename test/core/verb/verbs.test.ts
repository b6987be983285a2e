/** Verbs: registered, listed, checked, carried out, and gone with the module that offered them. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as v from 'valibot';
import { inject, Kernel, Module, Scope, VerbError, Verbs } from '../../../core/index.js';

const call = { caller: {}, signal: new AbortController().signal };
const code = (expected: string) => (error: unknown) => error instanceof VerbError && error.code === expected;
const add = {
  name: 'sum',
  summary: 'add two numbers',
  access: 'read',
  input: v.strictObject({ a: v.number(), b: v.number() }),
  positional: ['a', 'b'],
  run: ({ a, b }: { a: number; b: number }) => a + b,
} as const;

describe('verbs', () => {
  it('are carried out by name, with their input checked', async () => {
    const verbs = new Verbs();
    verbs.register(add);
    assert.equal(await verbs.invoke('sum', { a: 1, b: 2 }, call), 3);
    await assert.rejects(verbs.invoke('sum', { a: 1, b: 'x', c: 3 }, call), (error: VerbError) => {
      assert.equal(error.code, 'EINVAL');
      assert.match(error.message, /^sum: b: .*; c: /);
      return true;
    });
    await assert.rejects(verbs.invoke('product', {}, call), code('ENOENT'));
  });

  it('take nothing without a schema', async () => {
    const verbs = new Verbs();
    verbs.register({ name: 'ping', summary: 'answer', access: 'read', run: (input) => input ?? 'pong' });
    assert.equal(await verbs.invoke('ping', undefined, call), 'pong');
    assert.equal(await verbs.invoke('ping', {}, call), 'pong');
    await assert.rejects(verbs.invoke('ping', { loud: true }, call), code('EINVAL'));
  });

  it('have names of their own, of lower-case words', () => {
    const verbs = new Verbs();
    verbs.register(add);
    assert.throws(() => verbs.register(add), code('EEXIST'));
    for (const name of ['', 'Sum', 'a..b', '.a', 'a b', '../etc', '1st'])
      assert.throws(() => verbs.register({ ...add, name }), code('EINVAL'), name);
  });

  it('are listed by name, and listeners hear of each that comes or goes', () => {
    const verbs = new Verbs();
    let changes = 0;
    const listening = verbs.onChange(() => changes++);
    const tag = verbs.register(add);
    verbs.register({ ...add, name: 'carp.demote', access: 'write', positional: [] });
    assert.deepEqual(
      verbs.list().map(({ name, access, positional, stream }) => [name, access, positional, stream]),
      [
        ['carp.demote', 'write', [], false],
        ['sum', 'read', ['a', 'b'], false],
      ],
    );
    tag[Symbol.dispose]();
    tag[Symbol.dispose]();
    assert.equal(changes, 3);
    listening[Symbol.dispose]();
    verbs.register(add);
    assert.equal(changes, 3);
  });

  it('stream items until the caller leaves', async () => {
    const verbs = new Verbs();
    let ended = false;
    verbs.register({
      name: 'count',
      summary: 'count',
      access: 'read',
      stream: true,
      async *run() {
        try {
          for (let i = 0; ; i++) yield i;
        } finally {
          ended = true;
        }
      },
    });
    const seen: unknown[] = [];
    for await (const item of (await verbs.invoke('count', undefined, call)) as AsyncIterable<number>) {
      seen.push(item);
      if (item === 2) break;
    }
    assert.deepEqual(seen, [0, 1, 2]);
    assert.ok(ended);
  });

  it('go with the module that offered them', async () => {
    @Module({ name: 'adder' })
    class Adder {
      constructor(@inject(Scope) scope: Scope) {
        scope.verb(add);
      }
    }
    await using kernel = new Kernel();
    await kernel.load(Adder);
    assert.equal(await kernel.verbs.invoke('sum', { a: 2, b: 2 }, call), 4);
    await kernel.unload('adder');
    assert.deepEqual(kernel.verbs.list(), []);
  });
});
