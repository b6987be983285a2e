import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { StateFolder } from '../../../modules/host/index.js';
import { waitFor } from '../../lab/support/wait.js';

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'carpet-state-'));
  t.after(() => rmSync(path, { recursive: true }));
  return path;
}

const silent = (text: string): void => assert.fail(text);

test('what was written is read again, by another process too; the newest counts', async (t) => {
  const path = join(folder(t), 'state');
  const store = new StateFolder(path, silent);
  assert.equal(store.read('carp seal 1@eth0'), undefined);
  for (let i = 0; i < 50; i++) store.write('carp seal 1@eth0', { sequence: i });
  store.write('a/b%', 'x');
  await waitFor(
    'the newest',
    5000,
    () => JSON.stringify(store.read('carp seal 1@eth0')) === '{"sequence":49}',
  );
  await waitFor('the other', 5000, () => new StateFolder(path, silent).read('a/b%') === 'x');
  assert.deepEqual(readdirSync(path).toSorted(), ['a%2Fb%25.json', 'carp seal 1@eth0.json']);
  assert.equal(statSync(path).mode & 0o777, 0o700);
  for (const name of readdirSync(path)) assert.equal(statSync(join(path, name)).mode & 0o777, 0o600);
});

test('what cannot be read counts as missing: no JSON, a folder, too long', (t) => {
  const path = folder(t);
  const store = new StateFolder(path, silent);
  writeFileSync(join(path, 'half.json'), '{"sequence":');
  writeFileSync(join(path, 'long.json'), `"${'x'.repeat(70_000)}"`);
  symlinkSync('/proc', join(path, 'folder.json'));
  for (const name of ['half', 'long', 'folder']) assert.equal(store.read(name), undefined);
});

test('a folder in which others may write is refused, and what cannot be written is said once', async (t) => {
  const path = folder(t);
  chmodSync(path, 0o777);
  assert.throws(() => new StateFolder(path, silent), { code: 'EPERM', message: /chmod 700/ });
  chmodSync(path, 0o700);
  const lines: string[] = [];
  const store = new StateFolder(path, (text) => lines.push(text));
  rmSync(path, { recursive: true });
  t.after(() => undefined);
  for (let i = 0; i < 5; i++) {
    store.write('x', i);
    await waitFor('the attempt', 5000, () => lines.length > 0);
  }
  assert.equal(lines.length, 1, lines.join('\n'));
  assert.match(lines[0]!, /x\.json cannot be kept: there is no such file/);
  new StateFolder(path, silent);
});
