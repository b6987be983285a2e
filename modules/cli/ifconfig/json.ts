import type { CarpVhidStatus } from '../../carp/index.js';
import { formatLladdr, type IfAddress, type Ifnet } from '../../ifnet/index.js';
import { withVhids } from './vhids.js';

/** An interface for programs: everything that is known of it, as plain values. */
export function ifconfigJson(ifp: Ifnet, carp: readonly CarpVhidStatus[]): object {
  const { index, name, type, kind, mtu, linkState, vlan, master, flags } = ifp;
  return {
    index,
    name,
    type,
    kind,
    mtu,
    flags: Object.entries(flags)
      .filter(([, set]) => set === true)
      .map(([flag]) => flag),
    linkState,
    lladdr: ifp.lladdr.length > 0 ? formatLladdr(ifp.lladdr) : undefined,
    groups: [...ifp.groups],
    vlan,
    master,
    addresses: withVhids(ifp.addresses, carp).map(addressJson),
    carp: carp.filter(({ ifname }) => ifname === name),
  };
}

function addressJson({ prefix, broadcast, peer, stamp: _stamp, ...rest }: IfAddress): object {
  return {
    address: prefix.address.toString(),
    length: prefix.length,
    broadcast: broadcast?.toString(),
    peer: peer?.toString(),
    ...rest,
  };
}
