import { setImmediate } from 'node:timers/promises';
import type { Kernel, ModuleClass } from '../../../core/index.js';
import { newer } from '../../support/newer.js';
import type { World } from '../carp/support/world.js';

/** A newer version of the module takes the place of the present one, while time passes. */
export async function reload(world: World, kernel: Kernel, module: ModuleClass): Promise<void> {
  let over = false;
  const reloading = kernel.reload(newer(module)).finally(() => (over = true));
  while (!over) {
    world.advance(3);
    await setImmediate();
  }
  await reloading;
}
