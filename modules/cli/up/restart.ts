import { type ChildProcess, spawn } from 'node:child_process';
import {
  CarpetError,
  describe,
  type Kernel,
  SHUTDOWN_PRI_FIRST,
  type ShutdownHowto,
} from '../../../core/index.js';
import { ControlModule } from '../../control/index.js';
import { UpgradeModule } from '../../upgrade/index.js';

/**
 * In a successor's environment, the control socket of the kernel that has started it: the settings file may name another one
 * by now, where it would find no kernel, and start beside the one that runs.
 */
export const PREDECESSOR = 'CARPET_PREDECESSOR';

/**
 * Registers the verb `upgrade.start`: this process starts its own successor, with the same command line, and hands the
 * kernel over to it. A no-op without the module `upgrade`.
 */
export function offerRestart(kernel: Kernel): void {
  if (!kernel.has(UpgradeModule)) return;
  const restart = new Restart(kernel);
  kernel.verbs.register({
    name: 'upgrade.start',
    summary: 'start this program in a new process, and hand over to that',
    access: 'write',
    run: () => restart.run(),
    text: ({ pid }) => `process ${pid} has taken over`,
  });
}

/** Starts a kernel's successor, one at a time. */
class Restart {
  readonly #kernel: Kernel;
  #running = false;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  /** @throws CarpetError EAGAIN if it cannot begin now, EHANDOVER if the successor fails; this process then goes on */
  async run(): Promise<{ pid: number | undefined }> {
    if (this.#running) throw new CarpetError('EAGAIN', 'an upgrade is under way already: wait for its end');
    this.#kernel.get(UpgradeModule).assertPossible();
    this.#running = true;
    try {
      return await this.#replace();
    } finally {
      this.#running = false;
    }
  }

  get #socket(): string | undefined {
    return this.#kernel.has(ControlModule) ? this.#kernel.get(ControlModule).socket : undefined;
  }

  async #replace(): Promise<{ pid: number | undefined }> {
    const { clock, eventhandler, log } = this.#kernel;
    const { patienceMs } = this.#kernel.get(UpgradeModule);
    const child = spawnSuccessor(this.#socket);
    const { promise, resolve, reject } = outcome();
    using _tag = eventhandler.register('succession_event', (phase) => {
      if (phase === 'given') resolve();
    });
    // Left alone, the new process would find no kernel to replace, and would start and keep running.
    const end = (howto: ShutdownHowto): void => {
      if (howto === 'replace') return;
      kill(child);
      reject(`this kernel was told to end, and process ${child.pid} with it`);
    };
    using _end = eventhandler.register('shutdown_pre_sync', end, undefined, SHUTDOWN_PRI_FIRST);
    child.once('error', (error) =>
      reject(`the new process cannot be started, ${GOES_ON}: ${describe(error)}`),
    );
    child.once('exit', (code, signal) =>
      reject(`the new process ended with ${code ?? signal}, ${GOES_ON}: see the log for its reason`),
    );
    using deadline = clock.callout('upgrade restart', () => {
      const reason = `process ${child.pid} had not taken over after ${patienceMs / 1000} s and was ended, ${GOES_ON}`;
      log.warning(reason);
      kill(child);
      reject(`${reason}: see the log for what it waited for`);
    });
    deadline.reset(patienceMs);
    await promise;
    child.unref();
    return { pid: child.pid };
  }
}

const GOES_ON = 'and this one goes on';

/**
 * The successor leads a process group of its own, so that `kill` also ends what it has started. It does not inherit
 * WATCHDOG_PID, the id of this process: with that, it would not report to the service manager's watchdog.
 */
function spawnSuccessor(socket: string | undefined): ChildProcess {
  const { WATCHDOG_PID: _watchdog, ...inherited } = process.env;
  const env = { ...inherited, [PREDECESSOR]: socket };
  const [script = '', ...args] = process.argv.slice(1);
  const own = [...process.execArgv, script, ...args.filter((arg) => arg !== '--replace'), '--replace'];
  return spawn(process.execPath, own, { env, stdio: ['ignore', 'inherit', 'inherit'], detached: true });
}

/** By SIGKILL: a process that hangs or is stopped acts on no other signal. */
function kill({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // The process group has ended.
  }
}

/** A promise, and what settles it; the first call counts. */
function outcome(): { promise: Promise<void>; resolve: () => void; reject: (reason: string) => void } {
  let resolve: () => void = () => undefined;
  let fail: (error: CarpetError) => void = () => undefined;
  const promise = new Promise<void>((resolved, rejected) => {
    resolve = resolved;
    fail = rejected;
  });
  return { promise, resolve, reject: (reason) => fail(new CarpetError('EHANDOVER', reason)) };
}
