/** What of the settings goes into the digest: whoever differs in it does not hear us. */
import { sameBytes } from '../ifnet/index.js';
import type { CarpSettings } from './settings.js';
import type { CarpDigestInput } from './wire/digest.js';
import { virtualLladdr } from './wire/virtual-lladdr.js';

export type CarpHashed = Omit<CarpDigestInput, 'key' | 'context'>;

const NO_BYTES = new Uint8Array(0);

/** `lladdr` as on OpenBSD: only where it is not the virtual one anyway. */
export function hashedOf({ vhid, addresses, lladdr }: CarpSettings): CarpHashed {
  const byHand = lladdr !== undefined && !sameBytes(lladdr, virtualLladdr(vhid));
  return { vhid, addresses: addresses.map(({ address }) => address.bytes), ...(byHand && { lladdr }) };
}

/** Whether both give the same digests; addresses in another order are looked at as others. */
export function sameHashed(a: CarpSettings, b: CarpSettings): boolean {
  const [one, other] = [hashedOf(a), hashedOf(b)];
  return (
    sameBytes(one.lladdr ?? NO_BYTES, other.lladdr ?? NO_BYTES) &&
    one.addresses.length === other.addresses.length &&
    one.addresses.every((address, i) => sameBytes(address, other.addresses[i]!))
  );
}
