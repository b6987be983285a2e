/** Without koffi, or with one that cannot watch descriptors: one line, which says what to install. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { CARPET } from '../cli/carpet.js';

const skip = process.platform !== 'linux';

/** Runs `carpet ifconfig` after this program. */
function ifconfig(t: TestContext, program: string): { status: number | null; stderr: string } {
  const folder = mkdtempSync(join(tmpdir(), 'carpet-missing-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'before.cjs');
  writeFileSync(file, program);
  return spawnSync(process.execPath, ['--require', file, CARPET, 'ifconfig'], { encoding: 'utf8' });
}

test('a missing koffi is named, with the remedy, exit 2', { skip }, (t) => {
  // As if it had never been installed: the loader does not find it.
  const { status, stderr } = ifconfig(
    t,
    `const loader = require('node:module');
     const resolve = loader._resolveFilename;
     loader._resolveFilename = (name, ...rest) => resolve(name === 'koffi' ? 'no-such-package' : name, ...rest);`,
  );
  assert.match(
    stderr,
    /^carpet: ifnet-linux: the package koffi, .* does not load on linux-\w+; run: npm install koffi\n$/,
  );
  assert.equal(status, 2);
});

test('a koffi without poll handles is named, with the remedy, exit 2', { skip }, (t) => {
  const koffi = JSON.stringify(createRequire(import.meta.url).resolve('koffi'));
  const { status, stderr } = ifconfig(t, `delete require(${koffi}).node.poll;`);
  assert.match(
    stderr,
    /^carpet: ifnet-linux: koffi [\d.]+ cannot watch descriptors .*; run: npm install koffi@~[\d.]+\n$/,
  );
  assert.equal(status, 2);
});
