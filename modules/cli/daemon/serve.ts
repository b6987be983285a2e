import { once } from 'node:events';
import { findCommand } from '../commands.js';
import { errorLine, exitStatus } from '../failure.js';
import type { HeldSignals } from '../signals.js';
import type { DaemonOrder, DaemonReply } from './start.js';

/**
 * Carries out the order that {@link startDaemon} sends, by the `serve` of the command's daemon file, and replies when it
 * runs or has failed.
 */
export async function serve(signals: HeldSignals): Promise<void> {
  const [order] = (await once(process, 'message')) as [DaemonOrder];
  try {
    const { serve: run } = await findCommand(order.command)!.daemon!();
    await run(order.args, { signals, started: () => reply({ started: true }) });
  } catch (error) {
    reply({ failure: errorLine(error), status: exitStatus(error) });
    process.exit(exitStatus(error));
  }
  // Ended by a signal before it ran: the channel would keep the process.
  if (process.connected) process.disconnect();
}

/** The command in the foreground may be gone by now. */
function reply(answer: DaemonReply): void {
  if (!process.connected) return;
  process.send!(answer);
  if ('started' in answer) process.disconnect();
}
