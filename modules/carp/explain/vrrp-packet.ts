import { InetAddress, internetChecksum, pseudoHeaderSum6, wordSum } from '../../ifnet/index.js';
import { VRRP3_VERSION_TYPE } from '../../vip/index.js';
import { IPPROTO_CARP } from '../wire/header.js';
import type { Check, SeenPacket } from './explanation.js';

const OFF_PRIORITY = 2;
const OFF_COUNT = 3;
const OFF_TIMER = 4;
const HEADER_LEN = 8;
/** What keepalived puts behind an advertisement that it signs (draft-cassen-vrrp-auth-hmac). */
const HMAC_TRAILER = 28;

/** An advertisement of VRRPv2 or VRRPv3 (RFC 3768, RFC 9568). */
export interface VrrpPacket {
  readonly id: number;
  readonly checksum: Check;
  /** `VRRPv3 router 51, priority 100, every 1 s, for 10.0.0.1`. */
  readonly text: string;
}

/** Reads what `protocolOf` takes for VRRP. */
export function vrrpPacket(packet: SeenPacket): VrrpPacket {
  const { payload, family, length } = packet;
  const version = payload[0] === VRRP3_VERSION_TYPE ? 3 : 2;
  const id = payload[1] ?? 0;
  const priority = payload[OFF_PRIORITY] ?? 0;
  const timer = ((payload[OFF_TIMER] ?? 0) << 8) | (payload[OFF_TIMER + 1] ?? 0);
  const seconds = version === 3 ? (timer & 0xfff) / 100 : timer & 0xff;
  const size = family === 4 ? 4 : 16;
  const count = Math.min(payload[OFF_COUNT] ?? 0, Math.floor((payload.length - HEADER_LEN) / size));
  const addresses = Array.from({ length: Math.max(0, count) }, (_, i) =>
    InetAddress.from(payload.subarray(HEADER_LEN + size * i, HEADER_LEN + size * (i + 1))),
  );
  const leaves = priority === 0 ? ', which stops' : '';
  const served = addresses.length === 0 ? '' : `, for ${addresses.join(', ')}`;
  return {
    id,
    checksum:
      payload.length < length
        ? 'unchecked'
        : checksumHolds(packet, version, addresses.length)
          ? 'valid'
          : 'invalid',
    text: `VRRPv${version} router ${id}, priority ${priority}${leaves}, every ${seconds} s${served}`,
  };
}

/** Version 3 over IPv4 goes with a pseudo-header (keepalived, FRR) or without (RFC 9568, section 5.2.8). */
function checksumHolds(
  { payload, family, source, destination }: SeenPacket,
  version: 2 | 3,
  count: number,
): boolean {
  const signed = HEADER_LEN + (family === 4 ? 4 : 16) * count + HMAC_TRAILER;
  const length =
    family === 4 && version === 3 && payload.length === signed ? signed - HMAC_TRAILER : payload.length;
  if (family === 6) {
    const pseudo = pseudoHeaderSum6(source.bytes, destination.bytes, length, IPPROTO_CARP);
    return internetChecksum(payload, pseudo, length) === 0;
  }
  if (internetChecksum(payload, 0, length) === 0) return true;
  const pseudo = wordSum(source.bytes) + wordSum(destination.bytes) + IPPROTO_CARP + length;
  return version === 3 && internetChecksum(payload, pseudo, length) === 0;
}
