/**
 * What stands on the host of virtual interfaces, this process's and those of others: by their name, and by their alias,
 * which also keeps how the parent's settings were before the first of them came. So the last to leave, of whichever
 * process and also after a crash, puts them back.
 *
 * The alias is always read from the host and not from the table: that lags while handlers run, and Linux does not
 * report an alias that was set while the interface was down. Without carpet's alias an interface is somebody else's,
 * or has gone already.
 */
import { formatLladdr, type Ifnet, IfnetError, type IfnetSetting } from '../../ifnet/index.js';
import type { CarpContext } from '../context.js';
import { CarpError } from '../errors.js';
import { type CarpParentSettings, parentSettings, settleParent } from './virtual-settings.js';

const NAME = /^c(?:arp)?\d{1,3}-(\d+)$/;
const ALIAS = /^carpet: .*; before: arp_ignore (\d) arp_announce (\d)$/;

/** What a virtual interface is made of. */
export interface CarpVirtualPlan {
  readonly vhid: number;
  readonly parent: Ifnet;
  readonly lladdr: Uint8Array;
  readonly before: CarpParentSettings;
}

/**
 * `carp7-2`: the vhid and the index of the parent, which stays when that is renamed. At most 15 bytes, so the word is
 * shorter where there have been ten million interfaces.
 */
export function virtualIfname(vhid: number, parent: Ifnet): string {
  const tail = `${vhid}-${parent.index}`;
  return `${tail.length <= 11 ? 'carp' : 'c'}${tail}`;
}

/** Throws IfnetError; CarpError EEXIST where something else has the name. */
export function createVirtual({ vhid, parent, lladdr, before }: CarpVirtualPlan): Ifnet {
  const name = virtualIfname(vhid, parent);
  const alias = `carpet: vhid ${vhid} on ${parent.name}; before: arp_ignore ${before.arpIgnore} arp_announce ${before.arpAnnounce}`;
  try {
    return parent.createMacvlan({ name, lladdr, mode: 'vepa', alias });
  } catch (error) {
    if (!(error instanceof IfnetError) || error.code !== 'EEXIST') throw error;
    const text = `carp: interface ${name} is there and not carpet's: ip link delete ${name}`;
    throw new CarpError('EEXIST', text, { cause: error });
  }
}

/** Of one that has gone already nothing happens. Throws IfnetError. */
export function destroyVirtual(ifp: Ifnet): void {
  try {
    ifp.destroy();
  } catch (error) {
    if (!(error instanceof IfnetError && (error.code === 'ENXIO' || error.code === 'ENODEV'))) throw error;
  }
}

/** Removes one that stands there with this vhid's name, unless it is not carpet's. Throws IfnetError. */
export function removeLeftover(vhid: number, parent: Ifnet, { interfaces, log }: CarpContext): void {
  const left = interfaces.byName(virtualIfname(vhid, parent));
  if (left === undefined || markOf(left, parent) === undefined) return;
  log.notice(
    `removing ${left.name} with ${formatLladdr(left.lladdr)}: left behind by an earlier run, or another process has the vhid too`,
  );
  destroyVirtual(left);
}

/** A vhid needs none (any more): what a killed process has left goes, and the parent's settings are as before. */
export function clearVirtual(vhid: number, parent: Ifnet, context: CarpContext): void {
  const left = context.interfaces.byName(virtualIfname(vhid, parent));
  if (left === undefined || markOf(left, parent) === undefined) return;
  const settings = settleParent(parent, formerSettings(parent, context), () => {});
  removeLeftover(vhid, parent, context);
  leaveParent(settings, parent, context);
}

/** The parent's settings as they were before the first virtual interface came, of whichever process. */
export function formerSettings(parent: Ifnet, { interfaces, virtual }: CarpContext): CarpParentSettings {
  for (const each of virtual) if (each.parent === parent) return each.before;
  for (const ifp of interfaces.list()) {
    const before = markOf(ifp, parent);
    if (before !== undefined) return before;
  }
  return parentSettings(parent);
}

/** After the removal of its virtual interface: the last vhid to leave puts the parent's settings back. */
export function leaveParent(
  settings: readonly IfnetSetting[],
  parent: Ifnet,
  { interfaces, virtual }: CarpContext,
): void {
  const needed =
    [...virtual].some((each) => each.parent === parent) ||
    interfaces.list().some((ifp) => markOf(ifp, parent) !== undefined);
  for (const setting of settings) {
    if (needed) setting.keep();
    else setting[Symbol.dispose]();
  }
}

/** What the alias of a virtual interface on this parent says; undefined: it is none, or not there any more. */
function markOf(ifp: Ifnet, parent: Ifnet): CarpParentSettings | undefined {
  if (ifp.kind !== 'macvlan' || NAME.exec(ifp.name)?.[1] !== String(parent.index)) return undefined;
  const found = ALIAS.exec(ifp.readAlias() ?? '');
  return found === null ? undefined : { arpIgnore: Number(found[1]), arpAnnounce: Number(found[2]) };
}
