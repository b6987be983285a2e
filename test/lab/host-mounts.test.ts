/** Mounts of a real kernel, in a mount namespace of our own. */
import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readlinkSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { CarpetError, Kernel } from '../../core/index.js';
import { MountsModule } from '../../modules/host/index.js';
import { needs } from '../support/needs.js';
import { elapse, waitFor } from './support/index.js';

const skip = needs('root', 'native', 'program:unshare', 'program:nsenter');

/** A process in a mount namespace of its own, with an empty folder to mount on. */
async function namespace(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'carpet-mounts-'));
  const child: ChildProcess = spawn('unshare', ['--mount', '--propagation', 'private', 'sleep', '60']);
  const ended = once(child, 'exit');
  t.after(async () => {
    child.kill();
    await ended;
    rmdirSync(folder);
  });
  const own = readlinkSync('/proc/self/ns/mnt');
  await waitFor('its namespace', 5000, () => readlinkSync(`/proc/${child.pid}/ns/mnt`) !== own);
  /** Arguments of nsenter(1) that run a script there; `$0` is the folder. */
  const enter = (script: string): string[] => {
    const target = ['--target', String(child.pid), '--mount', '--root', '--wd'];
    return [...target, 'sh', '-ec', script, folder];
  };
  return {
    folder,
    file: `/proc/${child.pid}/mountinfo`,
    enter,
    run: (script: string): void => void execFileSync('nsenter', enter(script), { stdio: 'pipe' }),
  };
}

/** But for the names of network namespaces: when a test that runs beside this one removes its own, they go here too. */
function follow(kernel: Kernel): string[] {
  const events: string[] = [];
  kernel.eventhandler.register('vfs_mounted', ({ from, on, fstype }) => {
    if (fstype !== 'nsfs') events.push(`+${from} ${on} ${fstype}`);
  });
  kernel.eventhandler.register('vfs_unmounted', ({ from, on, fstype }) => {
    if (fstype !== 'nsfs') events.push(`-${from} ${on}`);
  });
  kernel.eventhandler.register('mountroot', () => void events.push('root'));
  return events;
}

test('file systems are mounted and unmounted, whatever their names', { skip }, async (t) => {
  const { folder, file, run } = await namespace(t);
  await using kernel = new Kernel();
  const events = follow(kernel);
  const descriptors = (): number => readdirSync('/proc/self/fd').length;
  const before = descriptors();
  await kernel.load(MountsModule, { file });

  run('mount -t tmpfs outer "$0"; mkdir "$0/a b"; mount -t tmpfs in\\\\ner "$0/a b"');
  await waitFor('both', 5000, () => events.length >= 2);
  assert.deepEqual(events.splice(0), [`+outer ${folder} tmpfs`, `+in\\ner ${folder}/a b tmpfs`]);

  run('mount --move "$0/a b" "$0"; mount -o remount,ro "$0"'); // no mount comes or goes
  await elapse(50);
  assert.deepEqual(events, []);
  run('umount -l "$0"; umount -l "$0"');
  await waitFor('both gone', 5000, () => events.length >= 2);
  assert.deepEqual(events.splice(0), [`-in\\ner ${folder}`, `-outer ${folder}`]);

  await kernel.unload('host-mounts');
  assert.equal(descriptors(), before);
  run('mount -t tmpfs unseen "$0"');
  assert.deepEqual(events, []);
});

test('a bind mount whose source is removed stays mounted', { skip }, async (t) => {
  const { folder, file, run } = await namespace(t);
  run(
    'mount -t tmpfs outer "$0"; mkdir "$0/source" "$0/bound" "$0/other"; mount --bind "$0/source" "$0/bound"',
  );
  await using kernel = new Kernel();
  const events = follow(kernel);
  await kernel.load(MountsModule, { file });

  run('mv "$0/source" "$0/renamed"; mount -t tmpfs first "$0/other"');
  await waitFor('the first', 5000, () => events.length >= 1);
  run('rmdir "$0/renamed"; umount "$0/other"');
  await waitFor('its end', 5000, () => events.length >= 2);
  assert.deepEqual(events, [`+first ${folder}/other tmpfs`, `-first ${folder}/other`]);
});

test('of a burst of mounts none is missed, nor where the process has no descriptor left', {
  skip,
}, async (t) => {
  const { folder, file, run, enter } = await namespace(t);
  run('mount -t tmpfs outer "$0"; for i in $(seq 40); do mkdir "$0/$i"; done');
  await using kernel = new Kernel();
  const events = follow(kernel);
  await kernel.load(MountsModule, { file });
  run('for i in $(seq 40); do mount -t tmpfs "m$i" "$0/$i"; done');
  await waitFor('the burst', 5000, () => events.length >= 40);
  const mounted = Array.from({ length: 40 }, (_, i) => `+m${i + 1} ${folder}/${i + 1} tmpfs`);
  assert.deepEqual(events.splice(0), mounted);

  const limit = (soft: string): void =>
    void execFileSync('prlimit', ['--pid', String(process.pid), `--nofile=${soft}:`], { stdio: 'ignore' });
  const later = enter('read go; umount "$0/40"; sleep 1; prlimit --pid "$1" --nofile=4096:');
  const child = spawn('nsenter', [...later, String(process.pid)], { stdio: ['pipe', 'ignore', 'ignore'] });
  t.after(() => limit('4096'));
  const ended = once(child, 'exit');
  limit('3');
  child.stdin.end('go\n');
  await ended;
  await waitFor('the end of one', 5000, () => events.length >= 1);
  assert.deepEqual(events, [`-m40 ${folder}/40`]);
});

test('a new root is reported', { skip }, async (t) => {
  const { folder, file, run } = await namespace(t);
  await using kernel = new Kernel();
  const events = follow(kernel);
  await kernel.load(MountsModule, { file });
  run('mount -t tmpfs new "$0"; mkdir "$0/old"');
  await waitFor('the mount', 5000, () => events.length >= 1);
  assert.deepEqual(events.splice(0), [`+new ${folder} tmpfs`]);
  run('cd "$0"; pivot_root . old'); // moves the process of the namespace too, whose root it was
  await waitFor('the root', 5000, () => events.length >= 1);
  assert.deepEqual(events.splice(0), ['root']);
});

test('a namespace that ends leaves the module at rest; a table that does not exist is refused', {
  skip,
}, async (t) => {
  const { file } = await namespace(t);
  await using kernel = new Kernel();
  await kernel.load(MountsModule, { file });
  await kernel.unload('host-mounts');
  await assert.rejects(kernel.load(MountsModule, { file: '/proc/0/mountinfo' }), (error) => {
    return error instanceof CarpetError && error.code === 'ENOENT';
  });
});
