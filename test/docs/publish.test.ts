/** docs/publish.md: the package it shows is packed as npm does, installed, and loaded by its name. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { needs } from '../support/needs.js';
import { npm, root } from '../support/npm.js';
import { fences, inFolder, runCommand, write } from './walk.js';

const page = fences('publish.md');
const PACKAGE = ['link-watch.mjs', 'package.json'];

/** Packs the page's package, and puts it where `npm install` of the file would. @returns the files in it */
function install(folder: string): string[] {
  const source = join(folder, 'source');
  for (const { file, text } of page) if (PACKAGE.includes(file ?? '')) write(source, file!, text);
  write(source, 'link-watch.d.mts', "export { default } from './link-watch.mjs';");
  const [packed] = JSON.parse(npm(source, ['pack', '--json'])) as [
    { filename: string; files: { path: string }[] },
  ];
  const target = join(folder, 'node_modules/link-watch');
  mkdirSync(target);
  const args = ['-xzf', join(source, packed.filename), '-C', target, '--strip-components=1'];
  assert.equal(spawnSync('tar', args).status, 0);
  return packed.files.map(({ path }) => path);
}

test('docs/publish.md: the package is packed, and loaded by its name', { skip: needs('program:npm') }, () => {
  inFolder((folder) => {
    assert.deepEqual(install(folder).toSorted(), ['link-watch.d.mts', 'link-watch.mjs', 'package.json']);
    const main = page.find(({ file }) => file === 'main.mjs');
    write(folder, 'main.mjs', main!.text);
    const printed = page.find(({ language }) => language === 'text');
    assert.equal(runCommand(folder, 'node main.mjs'), printed!.text);
  });
});

test('a package by its name in a settings file is loaded from beside the file', {
  skip: needs('program:npm'),
}, () => {
  inFolder((folder) => {
    write(folder, 'carpet.yaml', 'modules:\n  link-watch:\n');
    const carpet = join(root, 'dist/modules/cli/main.js');
    const check = (): string =>
      runCommand(folder, `node ${carpet} config check -f ${join(folder, 'carpet.yaml')}`);
    assert.throws(check, /link-watch/);
    install(folder);
    check();
  });
});
