/** Records of this machine's kernel, read here; a devd that runs is not needed, and not disturbed. */
import { Kernel } from '../../../core/index.js';
import { HostModule } from '../../host/index.js';
import type { Cli } from '../cli.js';
import { loadSources } from '../sources.js';
import type { RecordPrinter } from './printer.js';

/** Returns when it listens; a signal ends it. */
export async function monitorKernel(printer: RecordPrinter, coldplug: boolean, cli: Cli): Promise<void> {
  const kernel = new Kernel({ log: await cli.log(), name: 'monitor' });
  await kernel.load(HostModule);
  const devctl = await loadSources(kernel, coldplug);
  const reader = devctl.open((records, dropped) => {
    if (dropped > 0) printer.lost(dropped);
    for (const { text, time } of records) printer.print(text, time);
  });
  kernel.eventhandler.register('shutdown_pre_sync', () => reader.close());
}
