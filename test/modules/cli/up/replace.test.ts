/** `carpet upgrade start` in real processes, without a network. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { waitFor } from '../../../lab/support/wait.js';
import { needs } from '../../../support/needs.js';
import { CARPET, carpet } from '../carpet.js';

/** A kernel of `carpet up` in a folder of its own. */
class Up {
  readonly #folder = mkdtempSync(join(tmpdir(), 'carpet-up-'));
  #log = '';

  constructor(t: TestContext) {
    this.name('first');
    const child = spawn(process.execPath, [CARPET, 'up', '-f', this.path('carpet.yaml')]);
    for (const output of [child.stdout, child.stderr])
      output.setEncoding('utf8').on('data', (text: string) => (this.#log += text));
    const ended = once(child, 'exit');
    t.after(async () => {
      // A kernel that is told to end ends the successor that it has started.
      child.kill('SIGTERM');
      await ended;
      for (const pid of this.pids) end(pid);
      rmSync(this.#folder, { recursive: true });
    });
  }

  path(name: string): string {
    return join(this.#folder, name);
  }

  /** Has the settings file name sockets of that name. */
  name(name: string): void {
    const sockets = `{socket: ${this.path(name)}, readSocket: false}`;
    writeFileSync(this.path('carpet.yaml'), `modules:\n  control: ${sockets}\n  ./told.mjs:\n`);
    writeFileSync(
      this.path('told.mjs'),
      `import { defineModule } from 'carpet-kernel';
       export default defineModule({ name: 'told', 
         start: ({ log }) => log.notice('begun by ' + process.pid) });`,
    );
  }

  get log(): string {
    return this.#log;
  }

  /** The processes that have started the module of the file. */
  get pids(): number[] {
    return [...this.#log.matchAll(/begun by (\d+)/g)].map(([, pid]) => Number(pid));
  }

  listening(name: string): Promise<unknown> {
    return waitFor(
      `a kernel at ${name}`,
      20_000,
      () => existsSync(this.path(name)),
      () => this.#log,
    );
  }
}

function end(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended.
  }
}

test('a successor finds the kernel that has started it though the file names another socket', {
  skip: needs('native'),
  timeout: 60_000,
}, async (t) => {
  const up = new Up(t);
  await up.listening('first');
  await waitFor('its start', 20_000, () => up.log.includes('settings 1 in force'));
  up.name('second');
  const { status, stdout, stderr } = carpet(['upgrade', 'start', '--socket', up.path('first')]);
  assert.deepEqual([status, stderr], [0, ''], up.log);
  assert.match(stdout, /^process \d+ has taken over$/m);
  await waitFor('the end of the first', 10_000, () => !existsSync(up.path('first')));
  assert.equal(carpet(['kldstat', '--socket', up.path('second')]).status, 0);
  assert.equal(up.pids.length, 2);
});
