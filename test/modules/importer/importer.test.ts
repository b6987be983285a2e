/** Code that is imported anew. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { importerFrom } from '../../../modules/importer/index.js';
import { ModuleFolder } from '../../support/module-folder.js';

type Texts = Record<string, string>;

async function fresh(importer: ReturnType<typeof importerFrom>, file: string): Promise<Texts> {
  return (await importer(file, { fresh: true })) as Texts;
}

test('a file is new, and what it imports from its folder and below, however far', async () => {
  using folder = new ModuleFolder();
  folder.write('main.mjs', `export { a } from './a.mjs'; export const late = () => import('./late.mjs');`);
  folder.write('a.mjs', `import { deep } from './below/deep.mjs'; export const a = 'a1 ' + deep;`);
  folder.write('below/deep.mjs', `export { back as deep } from '../back.mjs';`);
  folder.write('back.mjs', `export const back = 'back1';`);
  folder.write('late.mjs', `export const late = 'late1';`);
  const importer = importerFrom(folder.origin);
  assert.equal(((await importer('./main.mjs')) as Texts)['a'], 'a1 back1');
  folder.write('back.mjs', `export const back = 'back2';`);
  assert.equal(((await importer('./main.mjs')) as Texts)['a'], 'a1 back1', 'not before it is asked for');
  const second = await fresh(importer, './main.mjs');
  assert.equal(second['a'], 'a1 back2');
  folder.write('late.mjs', `export const late = 'late2';`);
  const late = (await (second['late'] as unknown as () => Promise<unknown>)()) as Texts;
  assert.equal(late['late'], 'late2', 'what is imported at run time is of that version');
  assert.equal(((await importer('./main.mjs')) as Texts)['a'], 'a1 back2', 'the newest from now on');
});

test('packages and what lies outside its folder keep their one instance', async () => {
  using folder = new ModuleFolder();
  folder.write('shared.mjs', `export const shared = {};`);
  folder.write(
    'mine/node_modules/dep/package.json',
    `{ "name": "dep", "type": "module", "exports": "./index.js" }`,
  );
  folder.write('mine/node_modules/dep/index.js', `export const dep = {};`);
  folder.write(
    'mine/main.mjs',
    `export { dep } from 'dep'; export { shared } from '../shared.mjs'; export const own = {};`,
  );
  const importer = importerFrom(folder.origin);
  const first = await fresh(importer, './mine/main.mjs');
  folder.write(
    'mine/main.mjs',
    `export { dep } from 'dep'; export { shared } from '../shared.mjs'; export const own = {}; `,
  );
  const second = await fresh(importer, './mine/main.mjs');
  assert.equal(first['dep'], second['dep']);
  assert.equal(first['shared'], second['shared']);
  assert.notEqual(first['own'], second['own']);
});

test('a package below a node_modules folder is new itself', async () => {
  using folder = new ModuleFolder();
  folder.write('node_modules/plug/index.mjs', `export { n } from './n.mjs';`);
  folder.write('node_modules/plug/n.mjs', `export const n = '1';`);
  const importer = importerFrom(folder.origin);
  await fresh(importer, './node_modules/plug/index.mjs');
  folder.write('node_modules/plug/n.mjs', `export const n = '2';`);
  assert.equal((await fresh(importer, './node_modules/plug/index.mjs'))['n'], '2');
});

test('unchanged code is not imported again: Node never forgets a version', async () => {
  using folder = new ModuleFolder();
  folder.write('main.mjs', `export { n } from './n.mjs';`);
  folder.write('n.mjs', `export const n = '1';`);
  const importer = importerFrom(folder.origin);
  const first = await fresh(importer, './main.mjs');
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.equal(await fresh(importer, './main.mjs'), first);
  folder.write('n.mjs', `export const n = '2';`);
  assert.equal((await fresh(importer, './main.mjs'))['n'], '2');
});

test('CommonJS and JSON are new too', async () => {
  using folder = new ModuleFolder();
  const write = (n: number): void => {
    folder.write('main.mjs', `import plain from './plain.cjs'; export const text = plain.text;`);
    folder.write(
      'plain.cjs',
      `module.exports = { text: require('./data.json').n + require('./helper.cjs') };`,
    );
    folder.write('helper.cjs', `module.exports = ' helper${n}';`);
    folder.write('data.json', `{ "n": "n${n}" }`);
  };
  write(1);
  const importer = importerFrom(folder.origin);
  assert.equal(((await importer('./main.mjs')) as Texts)['text'], 'n1 helper1');
  write(2);
  assert.equal((await fresh(importer, './main.mjs'))['text'], 'n2 helper2');
  write(3);
  assert.equal((await fresh(importer, './main.mjs'))['text'], 'n3 helper3');
});

test('importers share nothing: each sees the code of now', async () => {
  using folder = new ModuleFolder();
  folder.write('main.mjs', `export const n = '1';`);
  const [one, other] = [importerFrom(folder.origin), importerFrom(folder.origin)];
  await fresh(one, './main.mjs');
  folder.write('main.mjs', `export const n = '2';`);
  assert.equal((await fresh(other, './main.mjs'))['n'], '2');
  assert.equal((await fresh(one, './main.mjs'))['n'], '2');
});

test('after a version that cannot be imported comes one that can', async () => {
  using folder = new ModuleFolder();
  folder.write('main.mjs', `export const n = '1';`);
  const importer = importerFrom(folder.origin);
  await fresh(importer, './main.mjs');
  folder.write('main.mjs', `export const n = ;`);
  await assert.rejects(fresh(importer, './main.mjs'), SyntaxError);
  assert.equal(((await importer('./main.mjs')) as Texts)['n'], '1');
  folder.write('main.mjs', `export const n = '3';`);
  assert.equal((await fresh(importer, './main.mjs'))['n'], '3');
});

test('what is loaded again after a change is new, also where only an import of it has changed', async () => {
  using folder = new ModuleFolder();
  folder.write('main.mjs', `export { n } from './below/n.mjs';`);
  folder.write('below/n.mjs', `export { n } from '../deep.mjs';`);
  folder.write('deep.mjs', `import plain from './plain.cjs'; export const n = plain;`);
  folder.write('plain.cjs', `module.exports = '1';`);
  const importer = importerFrom(folder.origin);
  const load = async (): Promise<Texts> => (await importer('./main.mjs', { fresh: 'changed' })) as Texts;
  const first = await load();
  assert.equal(first['n'], '1');
  assert.equal(await load(), first);
  folder.write('deep.mjs', `import plain from './plain.cjs'; export const n = plain + ' deep';`);
  assert.equal((await load())['n'], '1 deep');
  folder.write('plain.cjs', `module.exports = '2';`);
  assert.equal((await load())['n'], '2 deep');
});

test('the code that a file requires is new when it is loaded again', async () => {
  using folder = new ModuleFolder();
  folder.write('main.mjs', `import plain from './plain.cjs'; export const n = plain;`);
  folder.write('plain.cjs', `const helper = require('./helper.cjs'); module.exports = helper;`);
  folder.write('helper.cjs', `module.exports = '1';`);
  const importer = importerFrom(folder.origin);
  const load = async (): Promise<Texts> => (await importer('./main.mjs', { fresh: 'changed' })) as Texts;
  assert.equal((await load())['n'], '1');
  folder.write('helper.cjs', `module.exports = '2';`);
  assert.equal((await load())['n'], '2');
});

test('a file that two import is of the version that each was loaded with', async () => {
  using folder = new ModuleFolder();
  folder.write('one.mjs', `export { n } from './shared.mjs';`);
  folder.write('two.mjs', `export { n } from './shared.mjs';`);
  folder.write('shared.mjs', `export { n } from './n.mjs';`);
  folder.write('n.mjs', `export const n = '1';`);
  const importer = importerFrom(folder.origin);
  const load = async (file: string): Promise<string> =>
    ((await importer(file, { fresh: 'changed' })) as Texts)['n']!;
  assert.deepEqual([await load('./one.mjs'), await load('./two.mjs')], ['1', '1']);
  folder.write('n.mjs', `export const n = '2';`);
  assert.deepEqual([await load('./two.mjs'), await load('./one.mjs')], ['2', '2']);
});

for (const [root, text] of [
  ['main.cjs', `ran.push('main'); module.exports = require('./x.cjs');`],
  ['main.mjs', `import lib from './lib.cjs'; export const version = lib.version;`],
] as const) {
  test(`${root}: a CommonJS file that exports what it requires is imported anew, and runs once`, async () => {
    using folder = new ModuleFolder();
    const ran: string[] = [];
    (globalThis as { ran?: string[] }).ran = ran;
    folder.write(root, text);
    folder.write('lib.cjs', `ran.push('main'); module.exports = require('./x.cjs');`);
    const importer = importerFrom(folder.origin);
    for (const version of [1, 2, 3]) {
      folder.write('x.cjs', `ran.push('x'); exports.version = ${version};`);
      const exports = (await importer(`./${root}`, { fresh: version > 1 })) as { version: unknown };
      assert.equal(exports.version, version);
      assert.deepEqual(ran.splice(0), ['main', 'x']);
    }
    // Node 20 rejects a promise of its own, which nothing can catch, when a file fails that an ES module imports.
    if (root === 'main.mjs') return;
    folder.write('x.cjs', `throw new Error('broken');`);
    await assert.rejects(Promise.resolve(importer(`./${root}`, { fresh: true })), /^Error: broken$/);
    ran.length = 0;
    folder.write('x.cjs', `ran.push('x'); exports.version = 4;`);
    const mended = (await importer(`./${root}`, { fresh: true })) as { version: unknown };
    assert.equal(mended.version, 4);
    assert.deepEqual(ran, ['main', 'x']);
  });
}

test('in a busy process each version is new too: what the last import has found may still be under way', async () => {
  using folder = new ModuleFolder();
  folder.write('main.mjs', `export { n } from './n.mjs';`);
  const importer = importerFrom(folder.origin);
  let busy = true;
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  const others = (async () => {
    while (busy) await turn();
  })();
  const stale: number[] = [];
  for (let n = 0; n < 200; n++) {
    folder.write('n.mjs', `export const n = ${n};`);
    const found = (await importer('./main.mjs', { fresh: true })) as { n: number };
    if (found.n !== n) stale.push(n);
  }
  busy = false;
  await others;
  assert.deepEqual(stale, []);
});
