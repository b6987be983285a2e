/**
 * @module
 * Records of this machine's kernel, read here: needs no running devd, and does not disturb one.
 */
import type { Cli } from '../cli.js';
import { loadHost, startKernel } from '../kernel.js';
import { loadSources } from '../sources.js';
import type { RecordPrinter } from './printer.js';

/** Returns when it listens; the process then lives until a signal has shut the kernel down. */
export async function monitorKernel(printer: RecordPrinter, coldplug: boolean, cli: Cli): Promise<void> {
  await startKernel({ log: await cli.log(), name: 'monitor' }, cli.signals, async (kernel) => {
    await loadHost(kernel, cli.signals);
    const devctl = await loadSources(kernel, coldplug);
    const reader = devctl.open((records, dropped) => {
      if (dropped > 0) printer.lost(dropped);
      for (const { text, time } of records) printer.print(text, time);
    });
    kernel.eventhandler.register('shutdown_pre_sync', () => reader.close());
  });
}
