/** vm_lowmem from the kernel itself: real pressure, made by a process with a small memory limit. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Kernel, type LogRecord } from '../../core/index.js';
import { HostModule, VM_LOW_PAGES } from '../../modules/host/index.js';
import { waitFor } from './support/wait.js';

const LIMIT = 8 * 1024 * 1024;
/** Far larger than the page cache that the limit allows: reading it again and again reclaims memory each time. */
const FILE_MB = 64;

/** Control groups with a memory controller: of version 1, or of version 2 where it is delegated. */
const HIERARCHY = [
  { root: '/sys/fs/cgroup/memory', limit: 'memory.limit_in_bytes', usable: () => true },
  {
    root: '/sys/fs/cgroup',
    limit: 'memory.max',
    usable: () => readFileSync('/sys/fs/cgroup/cgroup.subtree_control', 'latin1').includes('memory'),
  },
].find(({ root, usable }) => existsSync(join(root, 'cgroup.procs')) && usable());

const missing =
  (process.getuid?.() !== 0 && 'needs root') ||
  (HIERARCHY === undefined && 'needs a memory controller') ||
  (!existsSync('/proc/pressure/memory') && 'needs pressure-stall information');

test('memory pressure of the machine invokes vm_lowmem', { skip: missing, timeout: 60_000 }, async () => {
  const { root, limit } = HIERARCHY!;
  const group = join(root, `carpet-memory-${process.pid}`);
  const file = join(tmpdir(), `carpet-memory-${process.pid}`);
  const records: LogRecord[] = [];
  const flags: number[] = [];
  await using kernel = new Kernel({ log: (record) => records.push(record) });
  kernel.eventhandler.register('vm_lowmem', (flag) => void flags.push(flag));
  await kernel.load(HostModule, { stall: 1, signals: false });

  mkdirSync(group);
  writeFileSync(join(group, limit), String(LIMIT));
  const script = `echo $$ >${group}/cgroup.procs
    dd if=/dev/zero of=${file} bs=1M count=${FILE_MB} 2>/dev/null
    for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do cat ${file} >/dev/null; done`;
  const child = spawn('sh', ['-c', script], { stdio: 'ignore', detached: true });
  const ended = once(child, 'exit');
  try {
    await waitFor('vm_lowmem', 30_000, () => flags.length > 0);
    assert.deepEqual(flags, [VM_LOW_PAGES]);
    const lines = records.filter(({ level }) => level === 'notice').map(({ message }) => message);
    assert.match(lines.join(), /memory is short: tasks stalled .*\/proc\/pressure\/memory/);
  } finally {
    if (child.exitCode === null) process.kill(-child.pid!, 'SIGKILL');
    await ended;
    await waitFor(
      'the group to be empty',
      5000,
      () => readFileSync(join(group, 'cgroup.procs'), 'latin1') === '',
    );
    rmdirSync(group);
    rmSync(file, { force: true });
  }
});
