import { InetAddress } from '../../ifnet/index.js';
import type { SeenOnLink } from '../../vip/index.js';
import { type VrrpChecksum, vrrpChecksumOf } from '../wire/checksum.js';
import {
  addressLength,
  advertisementLength,
  VRRP_AUTH_PASS,
  VRRP_HEADER_LEN,
  VRRP_OFF_AUTH,
  VRRP_OFF_COUNT,
  VRRP_OFF_INTERVAL,
  VRRP_OFF_PRIORITY,
  VRRP_OFF_VERSION,
  VRRP_OFF_VRID,
} from '../wire/header.js';
import { VRRP_TRAILER_LEN } from '../wire/trailer.js';
import type { SeenVrrpWords } from './mastership.js';

/** What is written in an advertisement that has the right length. */
export interface ReadVrrp {
  readonly vrid: number;
  readonly words: SeenVrrpWords;
  /** The rule that its checksum keeps; undefined: none. */
  readonly checksum: VrrpChecksum | undefined;
  readonly authentication: 'none' | 'password' | 'hmac' | 'AH';
}

/** @returns why it cannot be an advertisement; `truncated`: the capture has cut it short */
export function readVrrp(packet: SeenOnLink): ReadVrrp | 'truncated' | { readonly malformed: string } {
  const { payload, family, length, source, destination, authenticated } = packet;
  if (payload.length < length) return 'truncated';
  if (payload.length < VRRP_HEADER_LEN) return { malformed: `it has ${length} bytes` };
  const version = payload[VRRP_OFF_VERSION]! >> 4;
  if (version !== 2 && version !== 3) return { malformed: `it has version ${version}` };
  if (version === 2 && family === 6) return { malformed: 'version 2 has no IPv6' };
  const count = payload[VRRP_OFF_COUNT]!;
  const exact = advertisementLength(version, family, count);
  const signed = payload.length === exact + VRRP_TRAILER_LEN;
  if (payload.length !== exact && !signed)
    return { malformed: `it has ${length} bytes; with ${count} addresses it would have ${exact}` };
  const vrid = payload[VRRP_OFF_VRID]!;
  const low = payload[VRRP_OFF_INTERVAL]!;
  const interval = version === 2 ? low * 1000 : (((payload[VRRP_OFF_AUTH]! & 0x0f) << 8) | low) * 10;
  if (vrid === 0) return { malformed: 'its number is 0' };
  if (count === 0) return { malformed: 'it names no address' };
  if (interval === 0) return { malformed: 'its interval is 0: keepalived would be MASTER at once, for ever' };
  const size = addressLength(family);
  const addresses = Array.from({ length: count }, (_, i) =>
    InetAddress.from(
      payload.subarray(VRRP_HEADER_LEN + size * i, VRRP_HEADER_LEN + size * (i + 1)),
    ).toString(),
  );
  const password = version === 2 && payload[VRRP_OFF_AUTH] === VRRP_AUTH_PASS;
  const covered = family === 4 ? exact : payload.length;
  return {
    vrid,
    words: { version, priority: payload[VRRP_OFF_PRIORITY]!, interval, addresses },
    checksum: vrrpChecksumOf(payload, version, { source, destination }, covered),
    authentication: authenticated ? 'AH' : signed ? 'hmac' : password ? 'password' : 'none',
  };
}
