import { CarpModule, type CarpModuleSettings } from '../../../../modules/carp/index.js';
import { type Succession, succeed as succeedAll } from '../../../support/succession.js';
import type { Host } from './world.js';

/** Replaces the modules of a running host by new ones that take over their states, as between two processes. */
export async function succeed(
  { kernel }: Pick<Host, 'kernel'>,
  settings: CarpModuleSettings,
  how: Succession = {},
): Promise<CarpModule> {
  const [carp] = await succeedAll(kernel, [[CarpModule, settings]], how);
  return carp as CarpModule;
}
