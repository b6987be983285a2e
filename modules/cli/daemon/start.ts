/**
 * --daemonize. Node cannot fork, so a second process is started as the leader of its own session, with /dev/null for
 * its terminal. It gets the command line over a private channel rather than as arguments, where the password would be
 * on show again, and answers over it: the command in the foreground ends when the daemon runs, or reports what kept
 * it from running. (ucarp goes into the background first and fails there unseen.)
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { CarpetError } from '../../../core/errors.js';
import { nodeArguments } from '../inspector.js';

/** What the daemon is told. */
export interface DaemonOrder {
  readonly args: readonly string[];
}

/** What it answers: nothing wrong, or the line to show and the status to exit with. */
export type DaemonReply = { readonly started: true } | { readonly failure: string; readonly status: number };

/** The daemon could not start; `status` is the exit status it would have had in the foreground. */
export class DaemonError extends CarpetError {
  constructor(
    message: string,
    readonly status: number,
  ) {
    super('EDAEMON', message);
  }
}

/**
 * Starts the daemon and returns when it runs.
 * @param main the program that takes the order
 * @throws DaemonError
 */
export async function startDaemon(
  args: readonly string[],
  main = new URL('../ucarp/daemon-main.js', import.meta.url),
): Promise<void> {
  const daemon = spawn(process.execPath, [...nodeArguments(), fileURLToPath(main)], {
    detached: true,
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  daemon.send({ args } satisfies DaemonOrder);
  const reply = await firstReply(daemon);
  if (!('started' in reply)) throw new DaemonError(reply.failure, reply.status);
  daemon.disconnect();
  daemon.unref();
}

async function firstReply(daemon: ChildProcess): Promise<DaemonReply> {
  const answered = once(daemon, 'message').then(([reply]: DaemonReply[]) => reply!);
  const died = once(daemon, 'exit').then(([code, signal]): DaemonReply => {
    return { failure: `the daemon ended at its start (${signal ?? `exit status ${code}`})`, status: 2 };
  });
  return Promise.race([answered, died]);
}
