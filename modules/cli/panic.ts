import type { Kernel } from '../../core/index.js';
import { EXIT_FAILURE, errorLine } from './failure.js';

/** How long shutdown handlers, and after them the modules, may take in a panic. */
const PHASE_MS = 1000;
/** When the process ends whatever has not. */
const END_MS = 2 * PHASE_MS + 500;

/**
 * Makes an error that nobody catches a panic of this kernel: the error goes to the log, the kernel is shut down within
 * two seconds, and the process ends with status 2. So a MASTER bows out and takes its addresses off the interface; left
 * there, they would answer for a process that no longer runs the protocol.
 */
export function panicOnUncaught(kernel: Kernel, debug: boolean): void {
  let panicking = false;
  const end = (): never => process.exit(EXIT_FAILURE);
  process.removeAllListeners('uncaughtException');
  process.on('uncaughtException', (error) => {
    const text = (debug && error?.stack) || errorLine(error);
    if (panicking) return kernel.log.limited('panic').error(`while it goes down after a panic: ${text}`);
    panicking = true;
    setTimeout(end, END_MS);
    kernel.log.error(`panic: ${text}`);
    kernel.sysctl.set('kern.shutdown.timeout', PHASE_MS);
    kernel.shutdown().then(end, (failure: unknown) => {
      kernel.log.error(`panic: the shutdown failed: ${errorLine(failure)}`);
      end();
    });
  });
}
