/** What makes a class a module, and what can be known of it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { defineModule, Kernel, Module, type ModuleClass, originOf } from '../../../core/index.js';

@Module({ name: 'ledger', offers: ['book'] })
class Ledger {
  readonly entries: string[] = [];

  book(entry: string): number {
    return this.entries.push(entry);
  }

  shred(): void {
    this.entries.length = 0;
  }
}

@Module({ name: 'plain' })
class Plain {}

test('a module must have a name that can be written anywhere, and offer what it has', () => {
  assert.throws(() => Module({ name: 'No Name' }), {
    code: 'EMODULE',
    message: '"No Name" is no module name: lower-case words joined by hyphens',
  });
  class Empty {}
  assert.throws(() => Module({ name: 'empty', offers: ['toString', 'book'] })(Empty), {
    code: 'EMODULE',
    message: 'empty offers book, which is no method of Empty',
  });
});

test('what is no module cannot be loaded, whatever it is', async () => {
  await using kernel = new Kernel();
  class Parent extends Plain {}
  for (const [given, named] of [
    [undefined, 'undefined'],
    [null, 'null'],
    [7, '7'],
    [class {}, 'an anonymous class'],
    [Parent, 'Parent'],
  ] as const)
    await assert.rejects(kernel.load(given as unknown as ModuleClass), {
      code: 'EMODULE',
      message: `${named} is not a module: decorate it with @Module({ name: … })`,
    });
});

test('only what is offered can be called from another address space', async () => {
  await using kernel = new Kernel();
  const ledger = await kernel.load(Ledger);
  await kernel.load(Plain);
  assert.equal(await kernel.offers(Ledger).call('book', ['rent']), 1);
  await assert.rejects(kernel.offers(Ledger).call('shred', []), {
    code: 'EOPNOTSUPP',
    module: 'ledger',
    message: 'ledger does not offer shred to modules in other address spaces; it offers book',
  });
  assert.deepEqual(ledger.entries, ['rent']);
  assert.deepEqual(kernel.offers(Plain).methods, []);
  await assert.rejects(kernel.offers(Plain).call('toString', []), {
    message: 'plain does not offer toString to modules in other address spaces; it offers nothing',
  });
});

test('a module knows in which file it was made, also one that a built-in function calls for', () => {
  const here = fileURLToPath(import.meta.url).replace(/\.[jt]s$/, '');
  const origin = (cls: object): string => {
    const file = originOf(cls) ?? '';
    return (file.startsWith('file:') ? fileURLToPath(file) : file).replace(/\.[jt]s$/, '');
  };
  class Plainer extends Plain {}
  const [decorate] = [{ name: 'mapped' }].map(Module);
  class Mapped {}
  decorate!(Mapped);
  for (const cls of [Ledger, defineModule({ name: 'defined' }), Mapped]) assert.equal(origin(cls), here);
  assert.equal(originOf(Plainer), undefined, 'a class that is no module itself');
});

test('making a module leaves stacks as they were, and does without', () => {
  const stacks = Error as unknown as { prepareStackTrace?: unknown; stackTraceLimit: number };
  const { prepareStackTrace, stackTraceLimit } = stacks;
  stacks.stackTraceLimit = 0;
  try {
    assert.equal(originOf(defineModule({ name: 'plainest' })), undefined);
  } finally {
    stacks.stackTraceLimit = stackTraceLimit;
  }
  assert.equal(stacks.prepareStackTrace, prepareStackTrace);
});
