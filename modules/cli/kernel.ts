/**
 * @module
 * How a command makes its kernel: {@link withKernel} for one that looks or does something and ends, {@link startKernel}
 * for one that runs until a signal ends it.
 */
import { EVENTHANDLER_PRI_FIRST, Kernel, type KernelOptions } from '../../core/index.js';
import { HostModule, StateFolder } from '../host/index.js';
import { shortenTimeSlice } from '../libc/index.js';
import { UsageError } from './failure.js';
import type { HeldSignals } from './signals.js';

/** A kernel that runs until a signal ends it. */
export interface StartOptions extends KernelOptions {
  /** Where its modules keep what must survive a restart of the host; default: what systemd's StateDirectory names. */
  readonly stateDir?: string | undefined;
}

/** Makes a kernel, uses it, and shuts it down, also when `use` throws. */
export async function withKernel<T>(options: KernelOptions, use: (kernel: Kernel) => Promise<T>): Promise<T> {
  await using kernel = new Kernel(options);
  return await use(kernel);
}

/**
 * Makes a kernel that runs on when this returns; `start` loads its modules, and gets the state folder, if there is one.
 * If `start` throws, the kernel is shut down and the error thrown. The thread's turns come soon on a busy machine.
 *
 * Signals that come during `start` are not lost. What ends the kernel ends the start too, in order and without an error;
 * everything else, SIGHUP among it, is delivered when `start` has returned.
 *
 * @param signals held so far; `start` may release them itself
 * @returns what `start` returned, or undefined when a signal has ended the kernel
 */
export async function startKernel<T>(
  options: StartOptions,
  signals: HeldSignals,
  start: (kernel: Kernel, state: StateFolder | undefined) => Promise<T>,
): Promise<T | undefined> {
  shortenTimeSlice();
  const store = openState(options.stateDir, (text) => kernel.log.warning(text));
  const kernel: Kernel = new Kernel({ ...options, ...(store && { store }) });
  const end = endOf(kernel);
  // HostModule takes SIGHUP for a request to end if this list is empty. The signal is held, and delivered below.
  const early = kernel.eventhandler.register('host_reload', () => undefined);
  try {
    const result = await Promise.race([start(kernel, store), end.begun]);
    kernel.eventhandler.deregisterNowait('host_reload', early);
    if (!end.hasBegun) {
      signals.release();
      return result as T;
    }
  } catch (error) {
    if (!end.hasBegun) {
      await kernel.shutdown();
      throw error;
    }
  }
  await kernel.shutdown();
  return undefined;
}

/** @throws UsageError for a folder that cannot be used */
function openState(folder: string | undefined, warn: (text: string) => void): StateFolder | undefined {
  const named = folder ?? process.env['STATE_DIRECTORY']?.split(':', 1)[0];
  if (named === undefined || named === '') return undefined;
  try {
    return new StateFolder(named, warn);
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

/** When the shutdown begins. What `start` throws from then on is only a consequence. */
function endOf(kernel: Kernel): { readonly hasBegun: boolean; readonly begun: Promise<void> } {
  const end = { hasBegun: false, begun: Promise.resolve() };
  end.begun = new Promise((resolve) => {
    const begin = (): void => {
      end.hasBegun = true;
      resolve();
    };
    kernel.eventhandler.register('shutdown_pre_sync', begin, undefined, EVENTHANDLER_PRI_FIRST);
  });
  return end;
}

/** Loads HostModule, which from now on shuts the kernel down at SIGINT and SIGTERM: those that came before, too. */
export async function loadHost(kernel: Kernel, signals: HeldSignals): Promise<HostModule> {
  const host = await kernel.load(HostModule);
  signals.release('SIGINT', 'SIGTERM');
  return host;
}
