import { formatLladdr, InetAddress, parseLladdr, sameBytes } from '../ifnet/index.js';
import type { CarpHashedState } from './handover/schema.js';
import type { CarpSettings } from './settings.js';
import type { CarpDigestSettings } from './wire/digest.js';
import { virtualLladdr } from './wire/virtual-lladdr.js';

/**
 * What a vhid's settings contribute to the digest of its advertisements. `lladdr` is hashed as on OpenBSD: only if it
 * differs from the virtual one.
 */
export function digestSettings({ vhid, addresses, lladdr }: CarpSettings): CarpDigestSettings {
  const byHand = lladdr !== undefined && !sameBytes(lladdr, virtualLladdr(vhid));
  return { vhid, addresses: addresses.map(({ address }) => address.bytes), ...(byHand && { lladdr }) };
}

/** It, for a successor. */
export function hashedToJson({ addresses, lladdr }: CarpDigestSettings): CarpHashedState {
  return {
    addresses: addresses.map((bytes) => InetAddress.from(bytes).toString()),
    lladdr: lladdr === undefined ? null : formatLladdr(lladdr),
  };
}

/** It, of a predecessor. */
export function hashedFromJson(vhid: number, { addresses, lladdr }: CarpHashedState): CarpDigestSettings {
  return {
    vhid,
    addresses: addresses.map((text) => InetAddress.parse(text).bytes),
    ...(lladdr !== null && { lladdr: parseLladdr(lladdr) }),
  };
}
