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
import { formatLladdr, type Ifnet, IfnetError, type IfnetSetting } from '../../ifnet/index.js';
import type { VipContext } from '../context.js';
import { VipError } from '../errors.js';
import { parentSettings, settleParent } from './virtual-settings.js';
import type { ParentSettings } from './virtual-table.js';

/** Where the interfaces are looked up. */
export type InventoryNeeds = Pick<VipContext, 'interfaces' | 'log' | 'virtual'>;

const NAME = /^[a-z].*-(\d+)$/;
/** As long as the name of a network interface can be. */
const MAX_IFNAME = 15;
const ALIAS = /^carpet: .*; before: arp_ignore (\d) arp_announce (\d)$/;

/** A virtual host, as far as its virtual interface is named after it. */
export interface VirtualNamed {
  readonly vhid: number;
  /** What the name begins with: `carp`. */
  readonly virtualPrefix: string;
}

/** What a virtual interface is made from. */
export interface VirtualPlan extends VirtualNamed {
  readonly parent: Ifnet;
  readonly lladdr: Uint8Array;
  readonly before: ParentSettings;
}

/**
 * `carp7-2`: the vhid, and the parent's index, which does not change with its name. At most 15 bytes: the prefix is
 * shorter if the host has had ten million interfaces.
 */
export function virtualIfname({ vhid, virtualPrefix }: VirtualNamed, parent: Ifnet): string {
  const tail = `${vhid}-${parent.index}`;
  const fits = virtualPrefix.length + tail.length <= MAX_IFNAME;
  return `${fits ? virtualPrefix : virtualPrefix.slice(0, 1)}${tail}`;
}

/** @throws VipError EEXIST if an interface that is not carpet's has the name; IfnetError */
export function createVirtual(plan: VirtualPlan, protocol: string): Ifnet {
  const { vhid, parent, lladdr, before } = plan;
  const name = virtualIfname(plan, parent);
  const alias = `carpet: vhid ${vhid} on ${parent.name}; before: arp_ignore ${before.arpIgnore} arp_announce ${before.arpAnnounce}`;
  try {
    return parent.createMacvlan({ name, lladdr, mode: 'vepa', alias });
  } catch (error) {
    if (!(error instanceof IfnetError) || error.code !== 'EEXIST') throw error;
    const text = `${protocol}: interface ${name} already exists and was not created by carpet: ip link delete ${name}`;
    throw new VipError('EEXIST', text, { cause: error });
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
  named: VirtualNamed,
  parent: Ifnet,
  { interfaces }: Pick<InventoryNeeds, 'interfaces'>,
): { readonly ifp: Ifnet; readonly before: ParentSettings } | undefined {
  const ifp = interfaces.byName(virtualIfname(named, parent));
  const before = ifp && markOf(ifp, parent);
  return before && { ifp, before };
}

/** Removes an interface with this vhid's name, if carpet made it. @throws IfnetError */
export function removeLeftover(
  named: VirtualNamed,
  parent: Ifnet,
  { interfaces, log }: InventoryNeeds,
): void {
  const left = interfaces.byName(virtualIfname(named, parent));
  if (left === undefined || markOf(left, parent) === undefined) return;
  log.notice(
    `removing ${left.name} with ${formatLladdr(left.lladdr)}: left behind by an earlier run, or in use by another process with the same vhid`,
  );
  destroyVirtual(left);
}

/** For a vhid without a virtual interface: removes what a killed process left, and restores the parent's settings. */
export function clearVirtual(named: VirtualNamed, parent: Ifnet, context: InventoryNeeds): void {
  const left = context.interfaces.byName(virtualIfname(named, parent));
  if (left === undefined || markOf(left, parent) === undefined) return;
  const settings = settleParent(parent, formerSettings(parent, context), () => {});
  removeLeftover(named, parent, context);
  leaveParent(settings, parent, context);
}

/** The parent's settings from before its first virtual interface, of any process. */
export function formerSettings(parent: Ifnet, { interfaces, virtual }: InventoryNeeds): ParentSettings {
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
  { interfaces, virtual }: InventoryNeeds,
): void {
  const needed =
    virtual.on(parent).length > 0 || interfaces.list().some((ifp) => markOf(ifp, parent) !== undefined);
  for (const setting of settings) {
    if (needed) setting.keep();
    else setting[Symbol.dispose]();
  }
}

/** The settings stored in the alias of a virtual interface on this parent; undefined: it is none, or already gone. */
function markOf(ifp: Ifnet, parent: Ifnet): ParentSettings | undefined {
  if (ifp.kind !== 'macvlan' || NAME.exec(ifp.name)?.[1] !== String(parent.index)) return undefined;
  const found = ALIAS.exec(ifp.readAlias() ?? '');
  return found === null ? undefined : { arpIgnore: Number(found[1]), arpAnnounce: Number(found[2]) };
}
