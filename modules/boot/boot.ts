import type { Kernel } from '../../core/index.js';
import type { Configuration } from './configuration.js';
import { BootModule, type BootSettings } from './module.js';
import type { Problem } from './problem.js';

/**
 * Brings up a kernel from its settings file: loads the module `boot`, which keeps the settings, and by it everything
 * that the file names. When this returns all of it runs; when it throws, nothing of it does.
 *
 * @param configuration the file as `checkFiles` has read it
 * @param warnings what the check warned about; they go to the log
 * @throws ConfigError for what only shows when modules are loaded, ApplyError for a module that does not start
 */
export async function boot(
  kernel: Kernel,
  configuration: Configuration,
  settings: BootSettings,
  warnings: readonly Problem[] = [],
): Promise<BootModule> {
  const module = await kernel.load(BootModule, settings);
  try {
    await module.begin(configuration, warnings);
  } catch (error) {
    await kernel.unload(BootModule);
    throw error;
  }
  return module;
}
