import type { Json, Kernel, ModuleClass } from '../../core/index.js';
import { VipModule } from '../../modules/vip/index.js';

/** A module that takes over, and its settings. */
export type Heir = readonly [module: ModuleClass, settings: object | undefined];

export interface Succession {
  /** Alters what the protocols' modules hand over. */
  readonly edit?: (state: Json) => Json;
  /** Of a carpet that had no module `vip`. */
  readonly old?: boolean;
  /** The module `vip` goes on: others use it. */
  readonly kept?: boolean;
}

/** Replaces the modules of a running host by new ones that take over their states, as between two processes. */
export async function succeed(
  kernel: Kernel,
  heirs: readonly Heir[],
  { edit = (state) => state, old = false, kept = false }: Succession = {},
): Promise<object[]> {
  const copy = (state: Json | undefined): Json => JSON.parse(JSON.stringify(state)) as Json;
  const vip = copy(await kernel.handover(VipModule));
  const states: Json[] = [];
  for (const [module] of heirs) states.push(edit(copy(await kernel.handover(module))));
  kernel.succession.give();
  for (const [module] of heirs) await kernel.unload(module);
  if (!kept) await kernel.load(VipModule, undefined, old ? {} : { state: vip });
  const loaded: object[] = [];
  for (const [i, [module, settings]] of heirs.entries())
    loaded.push(await kernel.load(module, settings, { isolate: undefined, state: states[i]! }));
  return loaded;
}
