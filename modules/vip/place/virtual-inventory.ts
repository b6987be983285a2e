/**
 * The virtual interfaces that exist on the host, of this process and of others. They are known by their name, and by
 * their alias, which also stores the parent's settings from before the first of them was made. So the last to go, of
 * any process and even after a crash, restores those settings.
 *
 * The alias is always read from the host and not from the table of interfaces: the table lags while handlers run, and
 * Linux does not report an alias that was set while the interface was down. An interface without carpet's alias is not
 * ours, or is already gone.
 *
 * @module
 */

import type { CarpContext } from '../../carp/context.js';
import { CarpError } from '../../carp/errors.js';
import { formatLladdr, type Ifnet, IfnetError, type IfnetSetting } from '../../ifnet/index.js';
import { parentSettings, settleParent } from './virtual-settings.js';
import type { CarpParentSettings } from './virtual-table.js';

/** Where the interfaces are looked up. */
export type CarpInventoryNeeds = Pick<CarpContext, 'interfaces' | 'log' | 'virtual'>;

const NAME = /^c(?:arp)?\d{1,3}-(\d+)$/;
const ALIAS = /^carpet: .*; before: arp_ignore (\d) arp_announce (\d)$/;

/** What a virtual interface is made from. */
export interface CarpVirtualPlan {
  readonly vhid: number;
  readonly parent: Ifnet;
  readonly lladdr: Uint8Array;
  readonly before: CarpParentSettings;
}

/**
 * `carp7-2`: the vhid, and the parent's index, which does not change with its name. At most 15 bytes: the prefix is
 * shorter if the host has had ten million interfaces.
 */
export function virtualIfname(vhid: number, parent: Ifnet): string {
  const tail = `${vhid}-${parent.index}`;
  return `${tail.length <= 11 ? 'carp' : 'c'}${tail}`;
}

/** @throws CarpError EEXIST if an interface that is not carpet's has the name; IfnetError */
export function createVirtual({ vhid, parent, lladdr, before }: CarpVirtualPlan): Ifnet {
  const name = virtualIfname(vhid, parent);
  const alias = `carpet: vhid ${vhid} on ${parent.name}; before: arp_ignore ${before.arpIgnore} arp_announce ${before.arpAnnounce}`;
  try {
    return parent.createMacvlan({ name, lladdr, mode: 'vepa', alias });
  } catch (error) {
    if (!(error instanceof IfnetError) || error.code !== 'EEXIST') throw error;
    const text = `carp: interface ${name} already exists and was not created by carpet: ip link delete ${name}`;
    throw new CarpError('EEXIST', text, { cause: error });
  }
}

/** No-op if it is already gone. @throws IfnetError */
export function destroyVirtual(ifp: Ifnet): void {
  try {
    ifp.destroy();
  } catch (error) {
    if (!(error instanceof IfnetError && (error.code === 'ENXIO' || error.code === 'ENODEV'))) throw error;
  }
}

/** The virtual interface that carpet has made for this vhid, and the parent's settings from before the first one. */
export function findVirtual(
  vhid: number,
  parent: Ifnet,
  { interfaces }: Pick<CarpInventoryNeeds, 'interfaces'>,
): { readonly ifp: Ifnet; readonly before: CarpParentSettings } | undefined {
  const ifp = interfaces.byName(virtualIfname(vhid, parent));
  const before = ifp && markOf(ifp, parent);
  return before && { ifp: ifp!, before };
}

/** Removes an interface with this vhid's name, if carpet made it. @throws IfnetError */
export function removeLeftover(vhid: number, parent: Ifnet, { interfaces, log }: CarpInventoryNeeds): void {
  const left = interfaces.byName(virtualIfname(vhid, parent));
  if (left === undefined || markOf(left, parent) === undefined) return;
  log.notice(
    `removing ${left.name} with ${formatLladdr(left.lladdr)}: left behind by an earlier run, or in use by another process with the same vhid`,
  );
  destroyVirtual(left);
}

/** For a vhid without a virtual interface: removes what a killed process left, and restores the parent's settings. */
export function clearVirtual(vhid: number, parent: Ifnet, context: CarpInventoryNeeds): void {
  const left = context.interfaces.byName(virtualIfname(vhid, parent));
  if (left === undefined || markOf(left, parent) === undefined) return;
  const settings = settleParent(parent, formerSettings(parent, context), () => {});
  removeLeftover(vhid, parent, context);
  leaveParent(settings, parent, context);
}

/** The parent's settings from before its first virtual interface, of any process. */
export function formerSettings(
  parent: Ifnet,
  { interfaces, virtual }: CarpInventoryNeeds,
): CarpParentSettings {
  for (const each of virtual.on(parent)) return each.before;
  for (const ifp of interfaces.list()) {
    const before = markOf(ifp, parent);
    if (before !== undefined) return before;
  }
  return parentSettings(parent);
}

/** After the removal of a virtual interface: the last one to go restores the parent's settings. */
export function leaveParent(
  settings: readonly IfnetSetting[],
  parent: Ifnet,
  { interfaces, virtual }: CarpInventoryNeeds,
): void {
  const needed =
    virtual.on(parent).length > 0 || interfaces.list().some((ifp) => markOf(ifp, parent) !== undefined);
  for (const setting of settings) {
    if (needed) setting.keep();
    else setting[Symbol.dispose]();
  }
}

/** The settings stored in the alias of a virtual interface on this parent; undefined: it is none, or already gone. */
function markOf(ifp: Ifnet, parent: Ifnet): CarpParentSettings | undefined {
  if (ifp.kind !== 'macvlan' || NAME.exec(ifp.name)?.[1] !== String(parent.index)) return undefined;
  const found = ALIAS.exec(ifp.readAlias() ?? '');
  return found === null ? undefined : { arpIgnore: Number(found[1]), arpAnnounce: Number(found[2]) };
}
