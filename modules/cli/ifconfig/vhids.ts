import type { CarpVhidStatus } from '../../carp/index.js';
import type { IfAddress } from '../../ifnet/index.js';

/** Adds its vhid to every address that a vhid shares, which the kernel does not know. The prefix length may differ. */
export function withVhids(
  addresses: readonly IfAddress[],
  carp: readonly CarpVhidStatus[],
): readonly IfAddress[] {
  const shared = new Map(
    carp.flatMap(({ vhid, addresses: own }) => own.map((prefix) => [prefix.split('/')[0], vhid])),
  );
  return addresses.map((address) => {
    const vhid = address.vhid ?? shared.get(address.prefix.address.toString());
    return vhid === undefined ? address : { ...address, vhid };
  });
}
