/** docs/boot.md: its files are valid, its mistakes are told as it says, and its programs compile. */
import assert from 'node:assert/strict';
import { copyFileSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { checkFiles } from '../../modules/boot/index.js';
import { BUILTINS } from '../../modules/builtin/index.js';
import { problemLines } from '../../modules/cli/settings-file.js';
import { Folder } from '../modules/boot/support/folder.js';
import { fences, inFolder, runCommand, write } from './walk.js';

const EXAMPLE = fileURLToPath(new URL('../../../docs/carpet.yaml', import.meta.url));

/** What `carpet config check` prints. */
async function check(folder: Folder): Promise<string> {
  folder.write('carp.pass', 'secret');
  folder.write('credentials/carp2', 'secret');
  const credentials = `${folder.path}/credentials`;
  const checked = await checkFiles(folder.main, { registry: BUILTINS, credentials });
  return problemLines(checked).join('\n').replaceAll(`${folder.path}/`, '');
}

test('a settings file on the page is valid, or its mistakes stand below it', async () => {
  const all = fences('boot.md');
  const files = all.flatMap((fence, i) =>
    fence.language === 'yaml' ? [{ ...fence, next: all[i + 1] }] : [],
  );
  assert.equal(files.length, 2);
  for (const { text, next, line } of files) {
    using folder = new Folder();
    folder.write('carpet.yaml', text);
    const expected = next?.language === 'text' ? next.text.trimEnd() : '';
    assert.equal(await check(folder), expected, `boot.md:${line}`);
  }
});

test('the example is valid', async () => {
  using folder = new Folder();
  copyFileSync(EXAMPLE, folder.main);
  assert.equal(await check(folder), '');
});

test('the page names every built-in', () => {
  const page = readFileSync(fileURLToPath(new URL('../../../docs/boot.md', import.meta.url)), 'utf8');
  const listed = /\*\*a short name\*\*: ([^.]*)\./.exec(page)![1]!;
  const names = [...listed.matchAll(/`([^`]+)`/g)].map((match) => match[1]!);
  assert.deepEqual(names.toSorted(), Object.keys(BUILTINS).toSorted());
});

test('the programs on the page compile', () => {
  const programs = fences('boot.md').filter(({ language }) => language === 'ts');
  assert.equal(programs.length, 2);
  inFolder((folder) => {
    write(folder, 'tsconfig.json', fences('tutorial.md').find(({ file }) => file === 'tsconfig.json')!.text);
    programs.forEach(({ text }, i) => write(folder, `src/program${i}.ts`, text));
    runCommand(folder, 'npx tsc');
  });
});
