/** Modules that are found in files and packages. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  defineModule,
  Kernel,
  KldError,
  locateModule,
  type ModuleClass,
  type ModuleImporter,
} from '../../../core/index.js';
import { importFrom, locationOf } from '../../../core/kld/locate.js';

/** A class as another copy of carpet would have decorated it. */
function foreign(): ModuleClass {
  class Foreign {}
  Object.defineProperty(Foreign, Symbol('carpet: module'), { value: { name: 'foreign' } });
  return Foreign;
}

/** A class with a mark that is not carpet's. */
function marked(): ModuleClass {
  class Marked {}
  Object.defineProperty(Marked, Symbol('something else'), { value: 1 });
  return Marked;
}

const module = (name: string): ModuleClass => defineModule({ name });

for (const [what, exports, message] of [
  [
    'nothing of carpet’s',
    { a: null, b: 7, marked: marked() },
    'x exports no module: export one class decorated',
  ],
  ['a foreign module beside something else', { a: 1, b: foreign() }, 'x belongs to another copy of carpet'],
  [
    'two modules and a foreign one',
    { a: module('a'), b: module('b'), c: foreign() },
    'x exports several modules (a, b)',
  ],
] as const)
  test(`a file with ${what} is refused`, async () => {
    const refused = (error: unknown): boolean => {
      assert.ok(error instanceof KldError);
      assert.equal(error.code, 'EMODULE');
      assert.ok(error.message.startsWith(message), error.message);
      return true;
    };
    await assert.rejects(
      locateModule('x', async () => exports),
      refused,
    );
  });

test('a file with a module beside a foreign one is that module; it is imported as it was unless one asks', async () => {
  const asked: unknown[] = [];
  const one = module('one');
  const importer: ModuleImporter = async (specifier, options) => {
    asked.push([specifier, options]);
    return { one, again: one, foreign: foreign() };
  };
  assert.equal(await locateModule('x', importer), one);
  assert.equal(await locateModule('x', importer, 'changed'), one);
  assert.deepEqual(asked, [
    ['x', { fresh: false }],
    ['x', { fresh: 'changed' }],
  ]);
});

test('of several modules in a file the default export counts', async () => {
  const [one, two] = [module('one'), module('two')];
  assert.equal(await locateModule('x', async () => ({ two, default: one })), one);
});

test('a path is a URL from the base on, or from the root', () => {
  assert.equal(locationOf('/opt/a module.mjs'), 'file:///opt/a%20module.mjs');
  assert.equal(locationOf('./a.mjs', 'file:///opt/main.mjs'), 'file:///opt/a.mjs');
  assert.equal(locationOf('../a.mjs', 'file:///opt/app/main.mjs'), 'file:///opt/a.mjs');
  assert.equal(locationOf('a-package', 'file:///opt/main.mjs'), 'a-package');
});

test('what an import throws is told as what it is', async () => {
  const own = new KldError('EOPNOTSUPP', 'not from here');
  const bare = Object.assign(new Error('no reason'), { stack: undefined });
  for (const [thrown, code, message] of [
    [own, 'EOPNOTSUPP', 'not from here'],
    ['a text', 'EIMPORT', 'cannot load x: it threw a text'],
    [null, 'EIMPORT', 'cannot load x: it threw null'],
    [bare, 'EIMPORT', 'cannot load x: Error: no reason'],
  ] as const)
    await assert.rejects(
      locateModule('x', () => Promise.reject(thrown)),
      { code, message },
    );
});

test('a kernel without an importer of fresh code imports, and says that it cannot reload', async () => {
  const text = `data:text/javascript,export default ${Math.random()}`;
  assert.equal(typeof ((await importFrom(text)) as { default: unknown }).default, 'number');
  await assert.rejects(importFrom(text, undefined, { fresh: true }), {
    code: 'EOPNOTSUPP',
    message: /: this kernel cannot import it anew; make it with \{ import: importerFrom\(import\.meta\) \}/,
  });
});

test('a file whose code has changed since it was loaded is to be reloaded', async () => {
  const versions = [module('m'), module('m'), module('m')];
  await using kernel = new Kernel({ import: async () => ({ default: versions.shift() }) });
  await kernel.load('./m.mjs');
  await assert.rejects(kernel.load('./m.mjs'), {
    code: 'EEXIST',
    message: 'm is loaded already, from an older version of ./m.mjs: reload it instead',
  });
  await assert.rejects(kernel.load('./other.mjs'), {
    code: 'EEXIST',
    message: 'another module named m is loaded',
  });
  const other = module('m');
  await assert.rejects(kernel.load(other), { message: 'another module named m is loaded' });
  assert.equal(kernel.has(other), false);
});
