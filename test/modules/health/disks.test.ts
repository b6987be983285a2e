/** Files on disks that hang: who waits for whom. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Disks } from '../../../modules/health/kinds/disks.js';
import { mountOf } from '../../../modules/health/kinds/mounts.js';
import { needs } from '../../support/needs.js';

/** The file system of `/a/1` is `a`. What is looked at hangs until it is let go. */
function looking() {
  const disks = new Disks((path) => path.split('/')[1]!);
  const hung = new Map<string, () => void>();
  const begun: string[] = [];
  const look = (path: string, signal = new AbortController().signal): Promise<void> =>
    disks.look(path, signal, () => {
      begun.push(path);
      return new Promise<void>((resolve) => hung.set(path, resolve));
    });
  return { begun, look, end: (path: string) => hung.get(path)!() };
}

test('one hangs on each file system, and on two of them at most', async () => {
  const { begun, look, end } = looking();
  for (const path of ['/a/1', '/a/2', '/a/3', '/b/1', '/c/1']) void look(path);
  await turn();
  assert.deepEqual(begun, ['/a/1', '/b/1']);
  end('/a/1');
  await turn();
  assert.deepEqual(begun, ['/a/1', '/b/1', '/a/2']);
  end('/b/1');
  await turn();
  assert.deepEqual(begun.slice(3), ['/c/1']);
});

test('one that is given up while it waits is never looked at, and holds up nobody', async () => {
  const { begun, look, end } = looking();
  const patience = new AbortController();
  void look('/a/1');
  const late = look('/a/2', patience.signal);
  void look('/a/3');
  patience.abort(new Error('too late'));
  await assert.rejects(late, /too late/);
  await assert.rejects(look('/b/1', patience.signal), /too late/);
  end('/a/1');
  await turn();
  assert.deepEqual(begun, ['/a/1', '/a/3']);
});

test('one that fails gives its turn back', async () => {
  const disks = new Disks(() => '/');
  const { signal } = new AbortController();
  await assert.rejects(
    disks.look('/x', signal, () => Promise.reject(new Error('no such file'))),
    /no such file/,
  );
  assert.equal(await disks.look('/x', signal, () => Promise.resolve(7)), 7);
});

test('the file system of a path is the one whose mount point is the longest of its beginnings', () => {
  const line = (mount: string): string => `36 35 98:0 / ${mount} rw,noatime shared:1 - ext4 /dev/root rw`;
  const table = ['/', '/srv', '/srv/a\\040b', '/srv/data'].map(line).join('\n');
  for (const [path, mount] of [
    ['/etc/hosts', '/'],
    ['/srvx', '/'],
    ['/srv', '/srv'],
    ['/srv/../srv/data/x', '/srv/data'],
    ['/srv/a b/c', '/srv/a b'],
  ] as const)
    assert.equal(mountOf(path, table), mount);
  assert.equal(mountOf('/etc/hosts', ''), '/etc/hosts');
});

const skip = needs('root', 'netns', 'program:mount') || (!existsSync('/dev/fuse') && 'needs /dev/fuse');

test('however many files are asked for on a disk that hangs, others can be read', { skip }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'carpet-hung-'));
  t.after(() => rmdirSync(folder));
  const program = fileURLToPath(new URL('on-hung-disk.js', import.meta.url));
  // A file system whose server never answers; it ends with the process that holds the device.
  const script =
    'exec 3<>/dev/fuse; mount -i -t fuse -o fd=3,rootmode=40000,user_id=0,group_id=0 none "$1" && exec "$2" "$3" "$1"';
  const words = ['--mount', 'bash', '-c', script, 'bash', folder, process.execPath, program];
  const { stdout, stderr } = await new Promise<{ stdout: string; stderr: string }>((resolve) =>
    execFile('unshare', words, { timeout: 20_000, killSignal: 'SIGKILL' }, (_error, out, err) =>
      resolve({ stdout: out, stderr: err }),
    ),
  );
  assert.equal(stdout, 'read, own up\n', stderr);
});
