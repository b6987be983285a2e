/** A kernel that answers nothing: who asked it is told so, and one that only takes its time is left in peace. */
import assert from 'node:assert/strict';
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as elapse } from 'node:timers/promises';
import { inject, Module, Scope } from '../../../core/index.js';
import { needs } from '../../support/needs.js';
import { ControlledKernel } from '../control/support/server.js';
import { CARPET } from './carpet.js';

/** Longer than a command waits before it says that the kernel is silent. */
const LONG_MS = 6000;

interface Result {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

function carpet(socket: string, ...args: string[]): { child: ChildProcess; result: Promise<Result> } {
  let child!: ChildProcess;
  const result = new Promise<Result>((resolve) => {
    const env = { ...process.env, CARPET_SOCKET: socket };
    child = execFile(process.execPath, [CARPET, ...args], { env }, (error, stdout, stderr) =>
      resolve({ status: Number(error?.code ?? 0), stdout, stderr }),
    );
  });
  return { child, result };
}

@Module({ name: 'sloth' })
class Sloth {
  constructor(@inject(Scope) scope: Scope) {
    const text = (): string => 'done';
    scope.verb({ name: 'sloth.wait', summary: 'wait', access: 'read', text, run: () => elapse(LONG_MS) });
    scope.verb({
      name: 'sloth.hang',
      summary: 'hold the kernel up',
      access: 'read',
      text,
      run: () => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, LONG_MS),
    });
  }
}

describe('a command whose kernel is silent', { skip: needs('native') }, () => {
  it('says once that the kernel is stopped, and goes on with it', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'carpet-silence-'));
    const socket = join(folder, 'control.sock');
    const settings = join(folder, 'carpet.yaml');
    writeFileSync(settings, `modules:\n  control: {socket: ${socket}, readSocket: false}\n`);
    const up = spawn(process.execPath, [CARPET, 'up', '-f', settings], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    try {
      for await (const text of up.stderr) if (/settings 1 in force/.test(String(text))) break;
      up.kill('SIGSTOP');
      const { child, result } = carpet(socket, 'kldstat', '--json');
      await once(child.stderr!, 'data', { signal: AbortSignal.timeout(2 * LONG_MS) });
      await elapse(1000);
      up.kill('SIGCONT');
      const { status, stdout, stderr } = await result;
      const silent = `carpet: the kernel (pid ${up.pid}) does not answer yet`;
      assert.equal(stderr, `${silent}: it is stopped (state T); kill -CONT ${up.pid} lets it go on\n`);
      assert.equal(status, 0);
      assert.ok(Array.isArray(JSON.parse(stdout)));
    } finally {
      up.kill('SIGKILL');
      await once(up, 'exit');
      rmSync(folder, { recursive: true });
    }
  });

  it('says that something holds it up, and nothing of a verb that waits and a stream without items', async () => {
    await using kernel = await ControlledKernel.start();
    await kernel.kernel.load(Sloth);
    const follower = carpet(kernel.socket, 'dmesg', '-f');
    const wait = await carpet(kernel.socket, 'sloth', 'wait').result;
    assert.deepEqual(wait, { status: 0, stdout: 'done\n', stderr: '' });
    follower.child.kill('SIGTERM');
    assert.equal((await follower.result).stderr, '');
    const hang = await carpet(kernel.socket, 'sloth', 'hang', '--json').result;
    assert.match(
      hang.stderr,
      new RegExp(
        `^carpet: the kernel \\(pid ${process.pid}\\) does not answer yet: something holds it up .*\n$`,
      ),
    );
    assert.equal(hang.status, 0);
  });
});
