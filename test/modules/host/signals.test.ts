/** Real signals to a real process: its shutdown, its reload, and how it ends. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('support/daemon.js', import.meta.url));

class Daemon {
  readonly lines: string[] = [];
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown[]>;

  constructor(behaviour: string) {
    this.#child = spawn(process.execPath, [PROGRAM, behaviour], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, NOTIFY_SOCKET: '' },
    });
    this.#ended = once(this.#child, 'close');
    createInterface(this.#child.stdout!).on('line', (line) => {
      this.lines.push(line);
      this.#child.emit('line');
    });
  }

  async says(wanted: string | RegExp, times = 1): Promise<void> {
    const count = (): number => this.lines.filter((line) => line.match(wanted)).length;
    while (count() < times) {
      const ended = await Promise.race([once(this.#child, 'line').then(() => false), this.#ended]);
      if (ended !== false && count() < times)
        assert.fail(`ended without ${wanted}: ${this.lines.join('; ')}`);
    }
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Exit status, or the signal that ended it. */
  async end(): Promise<unknown> {
    const [code, signal] = await this.#ended;
    return code ?? signal;
  }
}

async function start(behaviour: string): Promise<Daemon> {
  const daemon = new Daemon(behaviour);
  await daemon.says('up');
  return daemon;
}

for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
  test(`${signal} shuts the kernel down, and the process ends by itself`, async () => {
    const daemon = await start('plain');
    daemon.kill(signal);
    assert.equal(await daemon.end(), 0);
    assert.deepEqual(daemon.lines.slice(daemon.lines.indexOf('up') + 1), [
      `notice: ${signal}: shutting down; a second one ends at once`,
      'shutdown_pre_sync',
      'shutdown_post_sync',
      'shutdown_final',
    ]);
  });
}

test('what a module leaves behind keeps no process that was told to end', async () => {
  const daemon = await start('cling');
  daemon.kill('SIGTERM');
  assert.equal(await daemon.end(), 2);
  assert.ok(daemon.lines.includes('asked to stop'));
  assert.ok(
    daemon.lines.includes('warning: shutdown: left behind, since they took too long: clinging (its stop)'),
  );
});

test('a second signal ends a shutdown that hangs, by that signal', async () => {
  const daemon = await start('hang');
  daemon.kill('SIGTERM');
  await daemon.says(/shutting down/);
  daemon.kill('SIGINT');
  assert.equal(await daemon.end(), 'SIGINT');
  assert.ok(daemon.lines.includes('warning: SIGINT again: ending at once'));
});

test('SIGHUP reloads where somebody wants to; requests that overlap are one more reload', async () => {
  const daemon = await start('reload');
  daemon.kill('SIGHUP');
  await daemon.says(/SIGHUP: reloading/);
  daemon.kill('SIGHUP');
  await daemon.says('reloaded', 2);
  daemon.kill('SIGTERM');
  assert.equal(await daemon.end(), 0);
  assert.equal(daemon.lines.filter((line) => line === 'reloaded').length, 2);
});

test('an unloaded module leaves the signals their default action', async () => {
  const daemon = await start('unloaded');
  daemon.kill('SIGTERM');
  assert.equal(await daemon.end(), 'SIGTERM');
});
