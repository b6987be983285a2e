import { type Clock, KldError } from '../../core/index.js';
import type { WorkerLimits } from './options.js';
import { PendingCalls } from './pending.js';
import type { Description, FileDescription } from './protocol.js';
import { Pulse } from './pulse.js';
import { Thread } from './thread.js';

export interface DescribeOptions {
  /** URL or package of the file. */
  readonly location: string;
  /** The module's name, where the file may export several. */
  readonly module?: string;
  /** Whether its files are wanted too. */
  readonly files: boolean;
  /** The kernel's name. */
  readonly kernel: string;
  readonly clock: Clock;
  readonly limits: WorkerLimits;
}

/**
 * Has a thread import a file and say which module is in it: nothing of the file runs here.
 *
 * @throws KldError ENOENT, EIMPORT, EMODULE as `locateModule`; ESTART when the thread ends, or stands still
 */
export async function describeFile(options: DescribeOptions & { files: true }): Promise<FileDescription>;
export async function describeFile(options: DescribeOptions): Promise<Description>;
export async function describeFile({
  location,
  module,
  files,
  kernel,
  clock,
  limits,
}: DescribeOptions): Promise<Description> {
  const pending = new PendingCalls();
  const thread = new Thread({
    limits,
    location,
    module,
    kernel,
    clock,
    receive(message) {
      pulse.alive();
      if (message.type === 'answer' || message.type === 'failure') pending.settle(message);
      else if (message.type === 'uncaught') thread.uncaught(message.error.message);
    },
    ended: (reason) =>
      pending.failAll(new KldError('ESTART', `${location}: the worker that imports it ${reason}`)),
  });
  using pulse = new Pulse({
    clock,
    limits,
    stalled: (silence) => void thread.terminate(`stood still for ${Math.round(silence)} ms`),
    overloaded: () => undefined,
  });
  pulse.watch(thread);
  try {
    return (await pending.ask((id) => thread.post([{ type: 'describe', id, files }]))) as Description;
  } finally {
    await thread.terminate('has said what it found');
  }
}
