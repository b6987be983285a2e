/** What devctl is fed by on Linux: interfaces, and the kernel's uevents. */
import type { Kernel } from '../../core/index.js';
import { DevctlModule } from '../devctl/index.js';
import { UeventModule } from '../devctl/linux/index.js';
import { LinuxDriver } from '../ifnet/linux/index.js';

/** @param coldplug whether the interfaces that are there make records, as if they came now */
export async function loadSources(kernel: Kernel, coldplug: boolean): Promise<DevctlModule> {
  // Nobody hears what the driver finds at its start, unless devctl is there first.
  if (coldplug) await kernel.load(DevctlModule);
  await kernel.load(LinuxDriver);
  const devctl = await kernel.load(DevctlModule);
  await kernel.load(UeventModule);
  return devctl;
}
