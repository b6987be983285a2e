/** TimerFd, alone and under a SystemClock. Programs run in processes of their own where the question is whether they end. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { SystemClock } from '../../../core/index.js';
import { Libc, TimerFd } from '../../../modules/libc/index.js';
import { needs } from '../../support/needs.js';

const skip = process.platform === 'linux' ? needs('native') : 'needs Linux';
const INDEX = (path: string): string => new URL(`../../../${path}/index.js`, import.meta.url).href;

const PRELUDE = `
  import { SystemClock } from '${INDEX('core')}';
  import { Libc, TimerFd } from '${INDEX('modules/libc')}';
  const libc = Libc.load();
  const clock = new SystemClock();
  const use = clock.useTimer((expired) => new TimerFd(libc, expired));
`;

function run(program: string): ReturnType<typeof spawnSync> & { stdout: string; stderr: string } {
  const args = ['--expose-gc', '--input-type=module', '-e', PRELUDE + program];
  return spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 20_000 });
}

test('callouts run at or after their deadlines, and the most punctual within the same millisecond', {
  skip,
}, async () => {
  const libc = Libc.load();
  const clock = new SystemClock();
  using _use = clock.useTimer((expired) => new TimerFd(libc, expired));
  const lates: number[] = [];
  for (let i = 0; i < 50; i++) {
    const armedAt = clock.now();
    const wait = (i % 5) + 0.13;
    const late = await new Promise<number>((resolve) => clock.callout('x', resolve).reset(wait));
    assert.ok(clock.now() - armedAt >= wait);
    lates.push(late);
  }
  // setTimeout would be 0.87 ms late at the best.
  assert.ok(Math.min(...lates) < 0.8, lates.join());
});

test('a zero, a past and a far deadline', { skip }, async () => {
  const libc = Libc.load();
  const clock = new SystemClock();
  using _use = clock.useTimer((expired) => new TimerFd(libc, expired));
  using far = clock.callout('far', () => assert.fail());
  far.reset(1e12);
  for (const wait of [0, -5]) await new Promise((resolve) => clock.callout('x', resolve).reset(wait));
});

test('a process lives as long as a callout is armed, and no longer', { skip }, () => {
  const { status, stdout, stderr } = run(`
    const c = clock.callout('x', () => { console.log('called'); if (calls++ < 2) c.reset(20); }); let calls = 0;
    c.reset(20);
    const stopped = clock.callout('stopped', () => {});
    stopped.reset(50000);
    setImmediate(() => stopped.stop());`);
  assert.deepEqual([status, stdout, stderr], [0, 'called\n'.repeat(3), '']);
});

test('a clock that nothing else refers to is woken all the same', { skip }, () => {
  const { status, stdout } = run(`
    (() => { const own = new SystemClock(); own.useTimer((expired) => new TimerFd(libc, expired));
      own.callout('x', () => console.log('called')).reset(100); })();
    for (let i = 0; i < 5; i++) { gc(); await new Promise((resolve) => setTimeout(resolve, 5)); }`);
  assert.deepEqual([status, stdout], [0, 'called\n']);
});

test('an error of a callout is an uncaught exception, and the timer goes on', { skip }, () => {
  const { status, stdout } = run(`
    process.on('uncaughtException', ({ message }) => console.log(message));
    clock.callout('bad', () => { throw new Error('why') }).reset(1);
    clock.callout('good', () => console.log('good')).reset(20);`);
  // Where both are due in one round, the error comes after it.
  const lines = stdout.trimEnd().split('\n').toSorted();
  assert.deepEqual([status, lines], [0, ['callout bad failed: why', 'good']]);
});

test('disposed of within its own expiry it leaves no descriptor, and the callouts go on', {
  skip,
}, async () => {
  const libc = Libc.load();
  const clock = new SystemClock();
  const before = readdirSync('/proc/self/fd').length;
  const use = clock.useTimer((expired) => new TimerFd(libc, expired));
  assert.equal(libc.descriptors, 1);
  clock.callout('x', () => use[Symbol.dispose]()).reset(1);
  await new Promise((resolve) => clock.callout('y', resolve).reset(10));
  assert.deepEqual([libc.descriptors, readdirSync('/proc/self/fd').length], [0, before]);
});
