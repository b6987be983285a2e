/** A daemon for a real service manager: ready a little later, well until it is told (by a file) to get stuck. */
import { existsSync } from 'node:fs';
import { Kernel } from '../../../core/index.js';
import { HostModule } from '../../../modules/host/index.js';

const stuckFile = process.argv[2]!;
const kernel = new Kernel();
const host = await kernel.load(HostModule);
let reloads = 0;
kernel.eventhandler.register('host_reload', () => void reloads++);
kernel.eventhandler.register('host_reload', () => host.status(`reloaded ${reloads} times`));
kernel.eventhandler.register('watchdog_list', (_timeout, veto) => {
  if (existsSync(stuckFile)) veto.veto('stuck on purpose');
});
setTimeout(() => host.ready('up and well'), 200);
