/**
 * @module
 * How a command makes its kernel: {@link withKernel} for one that looks or does something and ends, {@link startKernel}
 * for one that runs until a signal ends it.
 */
import { EVENTHANDLER_PRI_FIRST, Kernel, type KernelOptions } from '../../core/index.js';
import { HostModule } from '../host/index.js';
import type { HeldSignals } from './signals.js';

/** Makes a kernel, uses it, and shuts it down, also when `use` throws. */
export async function withKernel<T>(options: KernelOptions, use: (kernel: Kernel) => Promise<T>): Promise<T> {
  await using kernel = new Kernel(options);
  return await use(kernel);
}

/**
 * Makes a kernel that runs on when this returns; `start` loads its modules. If `start` throws, the kernel is shut down and
 * the error thrown.
 *
 * Signals that come during `start` are not lost. What ends the kernel ends the start too, in order and without an error;
 * everything else, SIGHUP among it, is delivered when `start` has returned.
 *
 * @param signals held so far; `start` may release them itself
 * @returns what `start` returned, or undefined when a signal has ended the kernel
 */
export async function startKernel<T>(
  options: KernelOptions,
  signals: HeldSignals,
  start: (kernel: Kernel) => Promise<T>,
): Promise<T | undefined> {
  const kernel = new Kernel(options);
  const end = endOf(kernel);
  // HostModule takes SIGHUP for a request to end if this list is empty. The signal is held, and delivered below.
  const early = kernel.eventhandler.register('host_reload', () => undefined);
  try {
    const result = await Promise.race([start(kernel), end.begun]);
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
