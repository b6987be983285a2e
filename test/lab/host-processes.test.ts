/** Every process of this machine, from its kernel's process connector. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { CarpetError, Kernel, type ProcessId } from '../../core/index.js';
import { ProcessesModule, type ProcessesSettings, type ProcessStatus } from '../../modules/host/index.js';
import { needs } from '../support/needs.js';
import { elapse, waitFor } from './support/index.js';

const skip = needs('root', 'native');
const PATTERN = readFileSync('/proc/sys/kernel/core_pattern', 'utf8').trim();

/** PROC_USER_INIT_INO and PROC_PID_INIT_INO (Linux, include/linux/proc_ns.h): the numbers of the first namespaces. */
const PROC_INO = { user: 0xeffffffd, pid: 0xeffffffc };
/**
 * Whether this process is outside of the machine's first user and PID namespaces, which alone the connector answers (Linux,
 * drivers/connector/cn_proc.c).
 */
const OUTSIDE =
  readlinkSync('/proc/self/ns/user') !== `user:[${PROC_INO.user}]` ||
  readlinkSync('/proc/self/ns/pid') !== `pid:[${PROC_INO.pid}]`;

/** What sendto(2) and socket(2) fail with where there is no connector: in another network namespace, or a kernel without one. */
const ABSENT = ['ECONNREFUSED', 'EPROTONOSUPPORT'];

/** ENOTSUP for any other reason is a failure. */
function isContainer(error: unknown): boolean {
  if (!(error instanceof CarpetError)) return false;
  return ABSENT.includes(error.code) || (OUTSIDE && error.code === 'ENOTSUP') || isContainer(error.cause);
}

/** Loads the module; a test in a container is skipped, which the kernel does not serve. */
async function load(t: TestContext, kernel: Kernel, settings: ProcessesSettings = {}): Promise<boolean> {
  try {
    await kernel.load(ProcessesModule, settings);
    return true;
  } catch (error) {
    if (!isContainer(error)) throw error;
    t.skip((error as CarpetError).message);
    return false;
  }
}

/** The lists in the order of their events, as `list pid`, of one process and its threads. */
function follow(kernel: Kernel) {
  const events: { list: string; pid: number; name?: string | undefined; status?: ProcessStatus }[] = [];
  const { eventhandler } = kernel;
  const process =
    (list: string) =>
    ({ pid, name }: ProcessId): void =>
      void events.push({ list, pid, name });
  eventhandler.register('process_ctor', process('process_ctor'));
  eventhandler.register('machine_exec', process('machine_exec'));
  eventhandler.register('process_dtor', ({ pid, name }, status) => {
    events.push({ list: 'process_dtor', pid, name, status });
  });
  eventhandler.register('thread_ctor', ({ pid }) => void events.push({ list: 'thread_ctor', pid }));
  eventhandler.register('thread_dtor', ({ pid }) => void events.push({ list: 'thread_dtor', pid }));
  eventhandler.register('app_coredump_start', process('app_coredump_start'));
  eventhandler.register('app_coredump_finish', process('app_coredump_finish'));
  eventhandler.register('app_coredump_error', process('app_coredump_error'));
  return {
    of: (pid: number) => events.filter((event) => event.pid === pid),
    lists: (pid: number) => events.filter((event) => event.pid === pid).map(({ list }) => list),
  };
}

/** Runs a program to its end, and until that was reported. @returns its process id */
async function run(
  seen: ReturnType<typeof follow>,
  file: string,
  args: string[],
  cwd?: string,
): Promise<number> {
  const child = spawn(file, args, { stdio: 'ignore', ...(cwd !== undefined && { cwd }) });
  await once(child, 'exit');
  await waitFor('its end', 5000, () => seen.lists(child.pid!).includes('process_dtor'));
  return child.pid!;
}

test('a process of the machine is made, runs its program, and ends', { skip }, async (t) => {
  await using kernel = new Kernel();
  const seen = follow(kernel);
  if (!(await load(t, kernel))) return;
  const pid = await run(seen, 'sh', ['-c', 'sleep 0.05; exit 3']);
  assert.deepEqual(seen.lists(pid), ['process_ctor', 'machine_exec', 'process_dtor']);
  assert.equal(seen.of(pid)[1]!.name, 'sh');
  assert.deepEqual(seen.of(pid)[2]!.status, { code: 3, signal: null });

  const killed = await run(seen, 'sh', ['-c', 'kill -TERM $$']);
  assert.deepEqual(seen.of(killed).at(-1)!.status, { code: null, signal: 'SIGTERM' });
});

test('threads are reported, unless they are unwanted', { skip }, async (t) => {
  const threads = [process.execPath, ['-e', 'setTimeout(() => {}, 20)']] as const;
  await using kernel = new Kernel();
  const seen = follow(kernel);
  if (!(await load(t, kernel))) return;
  const pid = await run(seen, threads[0], [...threads[1]]);
  const count = (list: string): number => seen.lists(pid).filter((each) => each === list).length;
  assert.ok(count('thread_ctor') >= 4, "Node's own threads");
  await waitFor('their ends', 5000, () => count('thread_dtor') === count('thread_ctor'));
  assert.deepEqual([count('process_ctor'), count('process_dtor')], [1, 1]);

  await kernel.unload('host-processes');
  await load(t, kernel, { threads: false });
  const other = await run(seen, threads[0], [...threads[1]]);
  assert.deepEqual(seen.lists(other), ['process_ctor', 'machine_exec', 'process_dtor']);
});

for (const threads of [true, false]) {
  const reason = skip || (/^[|@/]/.test(PATTERN) && 'core_pattern leads out of the folder');
  test(`a core dump, ${threads ? 'with' : 'without'} reports of threads`, { skip: reason }, async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'carpet-core-'));
    t.after(() => rmSync(folder, { recursive: true }));
    await using kernel = new Kernel();
    const seen = follow(kernel);
    const progress: number[] = [];
    const patterns: string[] = [];
    kernel.eventhandler.register('app_coredump_progress', (_, written) => void progress.push(written));
    kernel.eventhandler.register('app_coredump_finish', (_, pattern) => void patterns.push(pattern));
    if (!(await load(t, kernel, { threads }))) return;
    // A worker thread crashes, so that it is not the first thread that writes the core.
    const crash = `const { Worker } = require('node:worker_threads');
      const held = Buffer.alloc(400e6, 1);
      new Worker("process.kill(process.pid, 'SIGSEGV')", { eval: true, argv: [held.length] });`;
    const shell = ['-c', 'ulimit -c "$1"; exec "$2" -e "$3"', 'sh'];
    const pid = await run(seen, 'sh', [...shell, 'unlimited', process.execPath, crash], folder);
    const dump = seen.lists(pid).filter((list) => list.startsWith('app_'));
    assert.deepEqual(dump, ['app_coredump_start', 'app_coredump_finish']);
    assert.deepEqual(patterns, [PATTERN]);
    assert.deepEqual(seen.of(pid).at(-1)!.status?.signal, 'SIGSEGV');
    assert.equal(readdirSync(folder).length, 1);
    assert.ok(progress.length > 0, 'it takes a while to write 400 MB');
    assert.deepEqual(
      progress,
      progress.toSorted((a, b) => a - b),
    );
    assert.ok(progress[0]! > 0 && progress.at(-1)! < 1e9, String(progress));

    const refused = await run(seen, 'sh', ['-c', 'ulimit -c 0; kill -SEGV $$'], folder);
    const lists = seen.lists(refused).filter((list) => list.startsWith('app_'));
    assert.deepEqual(lists, ['app_coredump_start', 'app_coredump_error']);
  });
}

test('an overrun is counted, and the reports go on; nothing stays open', { skip }, async (t) => {
  await using kernel = new Kernel();
  const seen = follow(kernel);
  const descriptors = (): number => readdirSync('/proc/self/fd').length;
  if (!(await load(t, kernel))) return;
  await kernel.unload('host-processes');
  const before = descriptors();
  await load(t, kernel, { receiveBuffer: 4096 });
  const overruns = kernel.sysctl.get('host.processes.overruns')!;
  spawnSync('sh', ['-c', 'for i in 1 2 3 4 5 6 7 8 9; do true | true; done']); // nothing is read meanwhile
  await waitFor('the overrun', 5000, () => Number(overruns.value) > 0);
  await waitFor('a report after it', 5000, async () => {
    const child = spawn('true');
    await once(child, 'exit');
    await elapse(20);
    return seen.lists(child.pid!).includes('process_ctor');
  });
  await kernel.unload('host-processes');
  assert.equal(descriptors(), before);
});
