/**
 * What a vhid's settings contribute to the digest of its advertisements.
 *
 * @module
 */
import { sameBytes } from '../ifnet/index.js';
import type { CarpSettings } from './settings.js';
import type { CarpDigestSettings } from './wire/digest.js';
import { virtualLladdr } from './wire/virtual-lladdr.js';

const NO_BYTES = new Uint8Array(0);

/** `lladdr` is hashed as on OpenBSD: only if it differs from the virtual one. */
export function digestSettings({ vhid, addresses, lladdr }: CarpSettings): CarpDigestSettings {
  const byHand = lladdr !== undefined && !sameBytes(lladdr, virtualLladdr(vhid));
  return { vhid, addresses: addresses.map(({ address }) => address.bytes), ...(byHand && { lladdr }) };
}

/** Whether both settings give the same digests. The same addresses in another order count as a difference. */
export function sameDigests(a: CarpSettings, b: CarpSettings): boolean {
  const [one, other] = [digestSettings(a), digestSettings(b)];
  return (
    sameBytes(one.lladdr ?? NO_BYTES, other.lladdr ?? NO_BYTES) &&
    one.addresses.length === other.addresses.length &&
    one.addresses.every((address, i) => sameBytes(address, other.addresses[i]!))
  );
}
