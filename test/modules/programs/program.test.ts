/** Programs with limits: what they do, and what is left of them. */
import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { Kernel, VirtualClock } from '../../../core/index.js';
import { type ProgramOptions, runProgram } from '../../../modules/programs/index.js';
import { waitFor } from '../../lab/support/wait.js';
import { needs } from '../../support/needs.js';

const { clock } = new Kernel();
const run = (options: Partial<ProgramOptions>) =>
  runProgram({ command: 'true', limitMs: 10_000, clock, ...options });

/** Whether the process exists and is no zombie. */
function lives(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) [ZX]/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

describe('a program', () => {
  it('gets its arguments, its input and its environment, and is heard', async () => {
    const end = await run({
      command: 'read line; echo "$line $1 $X"; echo no >&2; pwd',
      args: ['b c'],
      input: 'a\n',
      env: { PATH: process.env['PATH'], X: 'd' },
    });
    assert.deepEqual([end.code, end.failure], [0, undefined]);
    assert.deepEqual(end.output.split('\n').toSorted(), ['', '/', 'a b c d', 'no']);
    const list = await run({ command: ['printf', '%s|', '$HOME', '; id'] });
    assert.equal(list.output, '$HOME|; id|');
  });

  it('that fails says how', async () => {
    const cases: [Partial<ProgramOptions>, number | null, string][] = [
      [{ command: 'exit 3' }, 3, 'exit status 3'],
      [{ command: 'kill -9 $$' }, null, 'ended by SIGKILL'],
      [{ command: ['/no/such/program'] }, null, 'there is no program /no/such/program'],
      [{ command: ['/etc/passwd'] }, null, '/etc/passwd is not executable'],
    ];
    for (const [options, code, failure] of cases) {
      const end = await run(options);
      assert.deepEqual([end.code, end.failure], [code, failure]);
    }
  });

  it('is ended at its limit with all of its group, that which ignores SIGTERM too', async () => {
    const command = 'trap "" TERM; (trap "" TERM; sleep 60) & echo $! $$; wait; sleep 60';
    const end = await run({ command, limitMs: 300, graceMs: 100 });
    assert.deepEqual([end.code, end.failure], [null, 'runs for more than 300 ms']);
    const pids = end.output.trim().split(' ').map(Number);
    assert.equal(pids.length, 2);
    await waitFor('the group to be gone', 3000, () => !pids.some(lives));
  });

  it('may leave a process behind, unless it may leave nothing', async () => {
    for (const leavesNothing of [false, true]) {
      const end = await run({ command: 'sleep 60 >/dev/null 2>&1 & echo $!', leavesNothing });
      const pid = Number(end.output);
      if (leavesNothing) await waitFor('it to be gone', 3000, () => !lives(pid));
      else process.kill(pid);
    }
  });

  it('is given up by a signal, also by one that has aborted', async () => {
    const controller = new AbortController();
    const running = run({ command: 'sleep 60', signal: controller.signal });
    controller.abort();
    assert.equal((await running).failure, 'was given up');
    assert.equal((await run({ command: 'sleep 60', signal: controller.signal })).failure, 'was given up');
  });

  it('that does not start leaves neither a callout nor a listener', async () => {
    const virtual = new VirtualClock();
    const controller = new AbortController();
    const { signal } = controller;
    for (const command of [['/no/such/program'], ['/etc/passwd'], ['true', 'x'.repeat(200_000)]])
      assert.equal((await run({ command, clock: virtual, signal })).code, null);
    assert.deepEqual([virtual.armed, getEventListeners(signal, 'abort').length], [0, 0]);
    const given = run({ command: 'sleep 60', clock: virtual, signal });
    controller.abort();
    await given;
    assert.equal(virtual.armed, 0);
  });

  it('does not block when it writes much, and what is kept has a limit', async () => {
    const end = await run({ command: 'yes | head -c 1000000; echo end' });
    assert.deepEqual([end.code, end.output.length], [0, 4096]);
  });

  it('runs as another user, with its groups', { skip: needs('root') }, async () => {
    const end = await run({ command: 'id -un; id -Gn', user: 'nobody' });
    assert.deepEqual(end.output.trim().split('\n'), ['nobody', 'nogroup']);
    const unknown = await run({ command: 'id', user: 'no-such-user' });
    assert.match(unknown.output, /no-such-user/);
    assert.match(unknown.failure ?? '', /exit status/);
  });
});
