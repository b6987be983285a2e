import type { Json } from '../../../../core/index.js';
import { CarpModule, type CarpModuleSettings } from '../../../../modules/carp/index.js';
import { VipModule } from '../../../../modules/vip/index.js';
import type { Host } from './world.js';

export interface Succession {
  /** Alters what the module `carp` hands over. */
  readonly edit?: (state: Json) => Json;
  /** Of a carpet that had no module `vip`. */
  readonly old?: boolean;
  /** The module `vip` goes on: others use it. */
  readonly kept?: boolean;
}

/** Replaces the modules of a running host by new ones that take over their states, as between two processes. */
export async function succeed(
  { kernel }: Pick<Host, 'kernel'>,
  settings: CarpModuleSettings,
  { edit = (state) => state, old = false, kept = false }: Succession = {},
): Promise<CarpModule> {
  const copy = (state: Json | undefined): Json => JSON.parse(JSON.stringify(state)) as Json;
  const vip = copy(await kernel.handover(VipModule));
  const carp = edit(copy(await kernel.handover(CarpModule)));
  kernel.succession.give();
  await kernel.unload(CarpModule);
  if (!kept) await kernel.load(VipModule, undefined, old ? {} : { state: vip });
  return kernel.load(CarpModule, settings, { state: carp });
}
