import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  lchownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Json } from '../../../core/index.js';
import { StateFolder } from '../../../modules/host/index.js';
import { waitFor } from '../../lab/support/wait.js';
import { needs } from '../../support/needs.js';

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
  for (let i = 0; i < 50; i++) void store.write('carp seal 1@eth0', { sequence: i });
  void store.write('a/b%', 'x');
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

test('it is settled when all is written', async (t) => {
  const path = folder(t);
  const store = new StateFolder(path, silent);
  await store.settled();
  for (const name of ['a', 'b']) void store.write(name, 1);
  void store.write('a', 2);
  await store.settled();
  assert.deepEqual(readdirSync(path).toSorted(), ['a.json', 'b.json']);
  assert.equal(store.read('a'), 2);
});

test('what cannot be read counts as missing: no JSON, a folder, too long', (t) => {
  const path = folder(t);
  const store = new StateFolder(path, silent);
  writeFileSync(join(path, 'half.json'), '{"sequence":');
  writeFileSync(join(path, 'long.json'), `"${'x'.repeat(1024 * 1024)}"`);
  symlinkSync('/proc', join(path, 'folder.json'));
  for (const name of ['half', 'long', 'folder']) assert.equal(store.read(name), undefined);
});

test('all that is said to be kept can be read again, and what is too long for that is not kept', async (t) => {
  const path = folder(t);
  const lines: string[] = [];
  const store = new StateFolder(path, (text) => lines.push(text));
  const drained = Array.from({ length: 1020 }, (_, i) => ({
    vhid: `${i}@eth0`,
    reason: 'ü'.repeat(200),
    at: 0,
  }));
  assert.equal(await store.write('x', drained), true);
  assert.deepEqual(store.read('x'), drained);
  for (const long of ['x'.repeat(1024 * 1024 - 1), 'ü'.repeat(1024 * 512)])
    assert.equal(await store.write('x', long), false);
  assert.deepEqual(lines, [
    `the state ${join(path, 'x.json')} cannot be kept: 1048577 bytes are more than the 1048576 that would be read again`,
  ]);
  assert.deepEqual([store.read('x'), readdirSync(path)], [drained, ['x.json']]);
  assert.equal(await store.write('x', 'x'.repeat(1024 * 1024 - 2)), true);
  assert.equal(JSON.stringify(store.read('x')).length, 1024 * 1024);
});

test("a link of another user's is refused, wherever it leads", { skip: needs('root') }, (t) => {
  const path = folder(t);
  const [target, link] = [join(path, 'target'), join(path, 'link')];
  mkdirSync(target, { mode: 0o700 });
  symlinkSync(target, link);
  for (const given of [link, `${link}/`]) new StateFolder(given, silent);
  lchownSync(link, 65_534, 65_534);
  for (const given of [link, `${link}/`])
    assert.throws(() => new StateFolder(given, silent), {
      code: 'EPERM',
      message: /belongs to another user/,
    });
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
    assert.equal(await store.write('x', i), false);
  }
  assert.equal(lines.length, 1, lines.join('\n'));
  assert.match(lines[0]!, /x\.json cannot be kept: there is no such file/);
  new StateFolder(path, silent);
  assert.equal(await store.write('x', 5), true);
  assert.equal(store.read('x'), 5);
});

test('two processes that write the same state leave one of both, whole', async (t) => {
  const path = folder(t);
  const stores = [new StateFolder(path, silent), new StateFolder(path, silent)];
  const states = ['a', 'b'].map((letter) => letter.repeat(60_000));
  const read = (): Json | undefined => stores[0]!.read('x');
  const write = (): void => stores.forEach((store, i) => void store.write('x', states[i]!));
  write();
  await waitFor('the first', 5000, () => read() !== undefined);
  for (let i = 0; i < 40; i++) {
    write();
    await new Promise((resolve) => setTimeout(resolve, 3));
    const text = read();
    assert.ok(
      states.some((state) => state === text),
      JSON.stringify(text)?.slice(0, 9),
    );
  }
  // Between two writes there is no second file either.
  let atRest = 0;
  await waitFor('the end', 5000, () => {
    atRest = readdirSync(path).length === 1 ? atRest + 1 : 0;
    return atRest === 10;
  });
  const [dead, living] = [`x.json.4194305-0123abcd.new`, `x.json.${process.pid}-0123abcd.new`];
  for (const name of [dead, living]) writeFileSync(join(path, name), '');
  new StateFolder(path, silent);
  assert.deepEqual(readdirSync(path).toSorted(), ['x.json', living]);
});

/** What is said and left when the disk is full, or read-only. */
const DISKS: readonly (readonly [what: string, mount: string, after: string, reason: RegExp])[] = [
  ['a full disk', 'size=64k,mode=0700', 'head -c 60k /dev/zero >filler', /no space left/],
  ['a read-only disk', 'mode=0700', 'mount -o remount,ro .', /read-only/],
];

for (const [what, options, spoil, reason] of DISKS)
  test(`${what} is said in one line, and what was there stays`, {
    skip: needs('root', 'program:unshare'),
  }, (t) => {
    const path = folder(t);
    const module = new URL('../../../modules/host/index.js', import.meta.url).href;
    const script = `
      const { StateFolder } = await import('${module}');
      const { execFileSync } = await import('node:child_process');
      const pause = () => new Promise((resolve) => setTimeout(resolve, 100));
      const lines = [];
      const store = new StateFolder('.', (text) => lines.push(text));
      store.write('x', 'old');
      await pause();
      execFileSync('sh', ['-c', process.argv[1]]);
      for (let i = 0; i < 3; i++) { store.write('x', 'y'.repeat(50_000)); await pause(); }
      const files = (await import('node:fs')).readdirSync('.').filter((name) => name !== 'filler');
      console.log(JSON.stringify({ lines, files, kept: new StateFolder('.', () => {}).read('x') }));`;
    const command = `mount -t tmpfs -o ${options} tmpfs ${path} && cd ${path} && exec "$0" --input-type=module -e "$1" "$2"`;
    const { stdout, stderr } = spawnSync(
      'unshare',
      ['--mount', 'sh', '-c', command, process.execPath, script, spoil],
      { encoding: 'utf8' },
    );
    assert.equal(stderr, '');
    const { lines, files, kept } = JSON.parse(stdout) as { lines: string[]; files: string[]; kept: string };
    assert.deepEqual([lines.length, files, kept], [1, ['x.json'], 'old'], stdout);
    assert.match(lines[0]!, /^the state x\.json cannot be kept: /);
    assert.match(lines[0]!, reason);
  });
