import {
  type IfAddress,
  type Ifnet,
  IfnetError,
  type InetAddress,
  type InetPrefix,
} from '../../ifnet/index.js';
import type { VipContext } from '../context.js';
import { lifetimeOf } from './lifetime.js';
import { isMarked, mayBeMarked } from './mark.js';
import type { VipServiceOwner } from './owner.js';

/** The virtual host for which leftovers are sought. */
export type LeftoverOwner = Pick<VipServiceOwner, 'name' | 'addresses' | 'settings' | 'patience'>;

type LeftoverNeeds = Pick<VipContext, 'log' | 'tenancy'>;

/**
 * Removes from an interface what a killed process has left there, and warns of shared addresses that are the host's own,
 * which stay.
 *
 * Of what bears carpet's mark, a leftover is what no vhid of this process has put there: one of this vhid's addresses,
 * with whatever prefix length, and any address if no other process shares addresses on the interface. Where the host keeps no
 * marks only this vhid's own addresses can be leftovers, and not if there is reason to take them for the host's.
 */
export function removeLeftovers(ifp: Ifnet, owner: LeftoverOwner, needs: LeftoverNeeds): void {
  const { name, addresses } = owner;
  for (const address of ifp.addresses) {
    const { prefix } = address;
    if (address.vhid !== undefined || needs.tenancy.held(ifp, prefix)) continue;
    const shared = addresses.some((each) => each.address.equals(prefix.address));
    if (isLeftover(ifp, address, owner, needs)) {
      needs.log.notice(`${name}: removing ${prefix} from ${ifp.name}, left behind by an earlier run`);
      remove(ifp, prefix, name, needs);
    } else if (shared && !isMarked(address)) warnOfOwn(ifp, prefix, name, needs);
  }
}

/** An address has appeared on the interface: removes it if it is a leftover that nobody but a killed process can own. */
export function removeStray(ifp: Ifnet, address: IfAddress, name: string, needs: LeftoverNeeds): void {
  const { prefix } = address;
  if (address.vhid !== undefined || !isMarked(address) || needs.tenancy.held(ifp, prefix)) return;
  if (!needs.tenancy.alone(ifp)) return;
  needs.log.notice(`${name}: removing ${prefix} from ${ifp.name}, left behind by an earlier run`);
  remove(ifp, prefix, name, needs);
}

/** Says once in a while that a shared address is the host's own. */
export function warnOfOwn(
  ifp: Ifnet,
  prefix: InetPrefix,
  name: string,
  { log }: Pick<VipContext, 'log'>,
): void {
  log
    .limited(`${name} own ${prefix}`)
    .warning(
      () =>
        `${name}: ${prefix} is an address of this host itself on ${ifp.name}, and stays there: ` +
        'take it out of "addresses", where only addresses that move between the hosts belong',
    );
}

function isLeftover(
  ifp: Ifnet,
  address: IfAddress,
  { addresses, settings, patience }: LeftoverOwner,
  { tenancy }: LeftoverNeeds,
): boolean {
  const { prefix } = address;
  if (ifp.notesProtocols) {
    if (!isMarked(address)) return false;
    return addresses.some((each) => each.address.equals(prefix.address)) || tenancy.alone(ifp);
  }
  const isSource = (source: InetAddress | undefined) => source?.equals(prefix.address) ?? false;
  if (isSource(settings.source) || isSource(settings.source6)) return false;
  return (
    addresses.some((each) => each.equals(prefix)) &&
    mayBeMarked(ifp, address, lifetimeOf(settings, patience, false)?.seconds)
  );
}

function remove(ifp: Ifnet, prefix: InetPrefix, name: string, { log }: LeftoverNeeds): void {
  try {
    ifp.removeAddress(prefix);
  } catch (error) {
    if (!(error instanceof IfnetError)) throw error;
    if (error.code === 'EADDRNOTAVAIL') return;
    log.error(`${name}: cannot remove ${prefix} from ${ifp.name}: ${error.message}`);
  }
}
