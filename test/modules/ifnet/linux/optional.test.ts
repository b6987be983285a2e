/** Without the packages that need a compiler: one line, which says what to install. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { CARPET } from '../../cli/carpet.js';

test('a missing epoll is named, with the remedy, exit 2', { skip: process.platform !== 'linux' }, (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'carpet-optional-'));
  t.after(() => rmSync(folder, { recursive: true }));
  // Hides the package as if it had never been installed: the loader does not find it.
  const hide = join(folder, 'hide.cjs');
  writeFileSync(
    hide,
    `const loader = require('node:module');
     const resolve = loader._resolveFilename;
     loader._resolveFilename = (name, ...rest) => resolve(name === 'epoll' ? 'no-such-package' : name, ...rest);`,
  );
  const { status, stderr } = spawnSync(process.execPath, ['--require', hide, CARPET, 'ifconfig'], {
    encoding: 'utf8',
  });
  assert.equal(status, 2);
  assert.match(stderr, /^carpet: the real network needs the package epoll.*npm install epoll\n$/);
});
