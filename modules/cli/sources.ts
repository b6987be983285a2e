import type { Kernel } from '../../core/index.js';
import { DevctlModule } from '../devctl/index.js';
import { UeventModule } from '../devctl/linux/index.js';
import { LinuxDriver } from '../ifnet/linux/index.js';

/**
 * Loads devctl with its sources on Linux: the interfaces, and the kernel's uevents.
 *
 * @param coldplug report the interfaces that exist as if they came now
 */
export async function loadSources(kernel: Kernel, coldplug: boolean): Promise<DevctlModule> {
  // The driver reports the interfaces when it starts: devctl must listen by then.
  if (coldplug) await kernel.load(DevctlModule);
  await kernel.load(LinuxDriver);
  const devctl = await kernel.load(DevctlModule);
  await kernel.load(UeventModule);
  return devctl;
}
