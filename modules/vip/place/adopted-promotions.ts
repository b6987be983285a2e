import type { Ifnet, IfnetSetting } from '../../ifnet/index.js';

/**
 * promote_secondaries where a predecessor has set it. A thousand vhids go on with it in one turn, in which nothing is
 * advertised: so the host is asked once per interface, and the vhids share the answer.
 */
export class AdoptedPromotions {
  readonly #known = new Map<Ifnet, { readonly before: number; readonly setting: IfnetSetting }>();

  /** A new turn begins: another program may have changed it in between. */
  forget(): void {
    this.#known.clear();
  }

  /**
   * @param before what it is to be at the end
   * @param set sets it, if no vhid of this turn has
   * @throws IfnetError as `set`
   */
  adopt(ifp: Ifnet, before: number, set: () => IfnetSetting): IfnetSetting {
    const known = this.#known.get(ifp);
    const shared = known?.before === before ? known.setting.share() : undefined;
    if (shared !== undefined) return shared;
    const setting = set();
    this.#known.set(ifp, { before, setting });
    return setting;
  }
}
