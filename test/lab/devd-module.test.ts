/** `carpet devd --load`: a module of the user's own that finds carpet through a link, as `npm install ../carpet` makes. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { needs } from '../support/needs.js';
import { Devd } from './support/devd.js';
import { Laboratory } from './support/index.js';

const skip = needs('root', 'netns', 'native', 'program:python3');
const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

test('a module beside a linked carpet is loaded, with sockets open', { skip }, async (t) => {
  const lab = Laboratory.open(t);
  const folder = mkdtempSync(join(tmpdir(), 'carpet-linked-'));
  t.after(() => rmSync(folder, { recursive: true }));
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(ROOT, join(folder, 'node_modules', 'linked'));
  const file = join(folder, 'mine.mjs');
  writeFileSync(
    file,
    `import { Module } from 'linked';
     export class Mine { start() { console.log('mine runs'); } }
     Module({ name: 'mine' })(Mine);`,
  );
  await using devd = new Devd(lab.namespace('a'), '', ['--load', file]);
  await devd.ready();
  await devd.program.waitForLine(/^mine runs$/, 5000);
});
