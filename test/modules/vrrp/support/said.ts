/** Advertisements of VRRP as hosts say them. */
import { InetAddress } from '../../../../modules/ifnet/index.js';
import { VrrpAdvertisement, type VrrpIdentity } from '../../../../modules/vrrp/wire/advertisement.js';

export const GROUP = InetAddress.parse('224.0.0.18');

/** What is said: default, version 3 of router 7 with priority 100, every second, for 10.88.0.100. */
export interface Said extends Partial<Omit<VrrpIdentity, 'addresses'>> {
  readonly priority?: number;
  /** Centiseconds. */
  readonly interval?: number;
  readonly addresses?: readonly string[];
}

/** What follows the IP header, over IPv4 to the group. */
export function payloadOf(source: InetAddress, said: Said = {}): Uint8Array {
  const { priority = 100, interval = 100, addresses = ['10.88.0.100'], ...identity } = said;
  const advertisement = new VrrpAdvertisement({
    version: 3,
    vrid: 7,
    family: 4,
    auth: undefined,
    checksum: 'pseudo-header',
    ...identity,
    addresses: addresses.map((text) => InetAddress.parse(text)),
  });
  return advertisement.build(priority, interval, { source, destination: GROUP }, undefined).slice();
}
