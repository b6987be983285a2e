import {
  ETHERTYPE_ARP,
  ETHERTYPE_IPV6,
  InetAddress,
  IPPROTO_ICMPV6,
  ND_NA_FLAG_OVERRIDE,
  ND_NEIGHBOR_ADVERT,
  parseArp,
  parseEthernet,
  parseIpv6,
  parseNeighbour,
  validIcmp6,
} from '../ifnet/index.js';

/**
 * What a frame says about an address.
 *
 * - `claim`: it is at `lladdr`, says ARP's sender (RFC 5227 section 2.4) or neighbour discovery (RFC 4862 section
 *   5.4.3 and 5.4.4).
 * - `probe`: a host that would like to have it asks whether it is in use (RFC 5227 section 2.1.1, RFC 4862 section 5.4.2).
 * - `proxied`: a neighbour advertisement without Override, as a proxy sends it (RFC 4861 section 7.2.8). No cache that
 *   knows another link-layer address takes it (section 7.2.5).
 */
export interface Claim {
  readonly kind: 'claim' | 'probe' | 'proxied';
  readonly address: InetAddress;
  /** Where the caches believe the address to be when they have heard it; of a probe, who asks. A view into the frame. */
  readonly lladdr: Uint8Array;
}

/** Undefined for a frame that says nothing about its sender's address, and for one that receivers must drop. */
export function readClaim(bytes: Uint8Array): Claim | undefined {
  const frame = parseEthernet(bytes);
  if (frame?.type === ETHERTYPE_ARP) return readArp(frame.payload);
  if (frame?.type === ETHERTYPE_IPV6) return readNdisc(frame.payload, frame.source);
  return undefined;
}

function readArp(payload: Uint8Array): Claim | undefined {
  const arp = parseArp(payload);
  if (arp === undefined) return undefined;
  const { senderAddress, senderLladdr: lladdr, targetAddress } = arp;
  const sender = InetAddress.from(senderAddress);
  if (!sender.isUnspecified) return { kind: 'claim', address: sender, lladdr };
  return { kind: 'probe', address: InetAddress.from(targetAddress), lladdr };
}

function readNdisc(payload: Uint8Array, from: Uint8Array): Claim | undefined {
  const packet = parseIpv6(payload);
  if (packet?.nextHeader !== IPPROTO_ICMPV6 || packet.hopLimit !== 255) return undefined;
  if (!validIcmp6(packet.payload, packet.source, packet.destination)) return undefined;
  const message = parseNeighbour(packet.payload);
  if (message === undefined) return undefined;
  const { type, flags, lladdr = from } = message;
  const target = InetAddress.from(message.target);
  if (type === ND_NEIGHBOR_ADVERT) {
    const kind = (flags & ND_NA_FLAG_OVERRIDE) === 0 ? 'proxied' : 'claim';
    return { kind, address: target, lladdr };
  }
  const source = InetAddress.from(packet.source);
  if (source.isUnspecified) return { kind: 'probe', address: target, lladdr };
  return { kind: 'claim', address: source, lladdr };
}
