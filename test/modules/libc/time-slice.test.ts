/** Each case in a process of its own: the slice stays for the life of a thread. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { getPriority, release } from 'node:os';
import { test } from 'node:test';
import { needs } from '../../support/needs.js';

const LIBC = new URL('../../../modules/libc/index.js', import.meta.url).href;
const [major = 0, minor = 0] = release().split('.').map(Number);
const old = major < 6 || (major === 6 && minor < 12) || !existsSync('/proc/self/sched');
const skip = old ? 'needs Linux 6.12 and /proc/self/sched' : needs('native');

/** The slices in nanoseconds, and what the call returned, as a program under `wrapper` prints them. */
function slices(...wrapper: string[]): { returned: boolean; own: number; child: number; worker: number } {
  const program = `
    import { shortenTimeSlice } from ${JSON.stringify(LIBC)};
    import { execFileSync } from 'node:child_process';
    import { readFileSync } from 'node:fs';
    import { Worker } from 'node:worker_threads';
    const read = (text) => Number(/se\\.slice\\s*:\\s*(\\d+)/.exec(text)[1]);
    const returned = shortenTimeSlice();
    const own = read(readFileSync('/proc/thread-self/sched', 'utf8'));
    const child = read(execFileSync('cat', ['/proc/self/sched'], { encoding: 'utf8' }));
    const code = "import { readFileSync } from 'node:fs'; import { parentPort } from 'node:worker_threads';" +
      "parentPort.postMessage(readFileSync('/proc/thread-self/sched', 'utf8'))";
    new Worker(new URL('data:text/javascript,' + encodeURIComponent(code))).on('message', (text) =>
      console.log(JSON.stringify({ returned, own, child, worker: read(text) })));
  `;
  const [file, ...args] = [...wrapper, process.execPath, '--input-type=module', '-e', program];
  const { stdout, stderr } = spawnSync(file, args, { encoding: 'utf8' });
  assert.equal(stderr, '');
  return JSON.parse(stdout) as ReturnType<typeof slices>;
}

test('the thread has short slices; its programs and other threads have ordinary ones', { skip }, () => {
  const { returned, own, child, worker } = slices();
  assert.ok(returned);
  assert.equal(own, 100_000);
  assert.ok(child > 100_000 && worker > 100_000, `${child} ${worker}`);
});

test("an operator's choice of another policy stays", { skip: skip || needs('program:chrt') }, () => {
  const { returned, own } = slices('chrt', '--batch', '0');
  assert.equal(returned, false);
  assert.notEqual(own, 100_000);
});

test('a nice value stays', { skip: skip || needs('program:nice') }, () => {
  const program = `import { shortenTimeSlice } from ${JSON.stringify(LIBC)}; import { getPriority } from 'node:os';
    console.log(shortenTimeSlice(), getPriority());`;
  const { stdout } = spawnSync('nice', ['-n', '7', process.execPath, '--input-type=module', '-e', program], {
    encoding: 'utf8',
  });
  assert.equal(stdout.trim(), `true ${Math.min(getPriority() + 7, 19)}`, 'the tests may run under nice too');
});
