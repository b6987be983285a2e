/**
 * @module
 * Starts a command in the background. Node cannot fork, so a second process is started as the leader of its own session,
 * with /dev/null for its standard streams. It gets the command line over a private channel, since arguments would show
 * the password again, and replies over it: the command in the foreground ends when the daemon runs, or reports why it
 * does not. (ucarp goes into the background first and fails there unseen.)
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { CarpetError } from '../../../core/errors.js';
import { EXIT_FAILURE } from '../failure.js';
import { nodeArguments } from '../inspector.js';
import { dieOf, type HeldSignals } from '../signals.js';

/** What the daemon is asked to do. */
export interface DaemonOrder {
  /** A command of the table that has a daemon. */
  readonly command: string;
  /** For its `serve`. */
  readonly args: readonly string[];
}

/** The daemon's reply: it runs, or the line to show and the status to exit with. */
export type DaemonReply = { readonly started: true } | { readonly failure: string; readonly status: number };

/** The daemon could not start. */
export class DaemonError extends CarpetError {
  constructor(
    message: string,
    /** The exit status that the command would have had in the foreground. */
    readonly status: number,
  ) {
    super('EDAEMON', message);
  }
}

/**
 * Starts the daemon and returns when it runs. Signals that come meanwhile are meant for the daemon and are passed on:
 * those that end it at once, the others when it runs.
 *
 * @throws DaemonError
 */
export async function startDaemon(order: DaemonOrder, signals: HeldSignals): Promise<void> {
  const main = fileURLToPath(new URL('./main.js', import.meta.url));
  const daemon = spawn(process.execPath, [...nodeArguments(), main], {
    detached: true,
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  const passedOn = passOn(daemon, ['SIGINT', 'SIGQUIT', 'SIGTERM']);
  signals.release('SIGINT', 'SIGQUIT', 'SIGTERM');
  daemon.send(order);
  const reply = await firstReply(daemon);
  if (!('started' in reply)) {
    const [ending] = passedOn;
    if (ending !== undefined) return dieOf(ending);
    throw new DaemonError(reply.failure, reply.status);
  }
  passOn(daemon, ['SIGHUP', 'SIGUSR1', 'SIGUSR2']);
  signals.release();
  daemon.disconnect();
  daemon.unref();
}

/** @returns the signals passed on so far */
function passOn(daemon: ChildProcess, signals: readonly NodeJS.Signals[]): ReadonlySet<NodeJS.Signals> {
  const passed = new Set<NodeJS.Signals>();
  for (const signal of signals)
    process.on(signal, () => {
      passed.add(signal);
      daemon.kill(signal);
    });
  return passed;
}

async function firstReply(daemon: ChildProcess): Promise<DaemonReply> {
  const replied = once(daemon, 'message').then(([reply]: DaemonReply[]) => reply!);
  const died = once(daemon, 'exit').then(([code, signal]): DaemonReply => {
    const failure = `the daemon ended at its start (${signal ?? `exit status ${code}`})`;
    return { failure, status: EXIT_FAILURE };
  });
  return Promise.race([replied, died]);
}
