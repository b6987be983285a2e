import {
  ETHER_HDR_LEN,
  InetAddress,
  type IpPacket,
  type Ipv6Packet,
  parseIpv4,
  parseIpv6,
} from '../index.js';

/** An IP packet as it arrived. */
export interface ArrivedPacket {
  readonly packet: IpPacket & { readonly destination: InetAddress };
  readonly protocol: number;
  /** The header, if it is IPv6. */
  readonly ip6?: Ipv6Packet;
}

/**
 * Reads what arrives on a segment. A frame that is flooded reaches all its receivers one after another and says the same
 * to each, so it is parsed once. Nobody may write to what is read here.
 */
export class FrameReader {
  #bytes: Uint8Array | undefined;
  #payload: Uint8Array | undefined;
  #packet: ArrivedPacket | 'badIp' | 'fragment' | undefined;

  /** What follows the header of a frame that is as long as one. */
  payload(bytes: Uint8Array): Uint8Array {
    if (bytes !== this.#bytes || this.#payload === undefined) {
      this.#bytes = bytes;
      this.#payload = bytes.subarray(ETHER_HDR_LEN);
      this.#packet = undefined;
    }
    return this.#payload;
  }

  /** The IP packet in that frame, or why there is none. */
  packet(bytes: Uint8Array, family: 4 | 6): ArrivedPacket | 'badIp' | 'fragment' {
    const payload = this.payload(bytes);
    this.#packet ??= family === 4 ? read4(payload) : read6(payload);
    return this.#packet;
  }
}

function read4(bytes: Uint8Array): ArrivedPacket | 'badIp' | 'fragment' {
  const ip = parseIpv4(bytes);
  if (ip === undefined) return 'badIp';
  if (ip.fragment) return 'fragment';
  const { ttl, protocol, payload } = ip;
  const [source, destination] = [InetAddress.from(ip.source), InetAddress.from(ip.destination)];
  return { packet: { family: 4, source, destination, ttl, payload }, protocol };
}

function read6(bytes: Uint8Array): ArrivedPacket | 'badIp' {
  const ip6 = parseIpv6(bytes);
  if (ip6 === undefined) return 'badIp';
  const { hopLimit: ttl, nextHeader: protocol, payload } = ip6;
  const [source, destination] = [InetAddress.from(ip6.source), InetAddress.from(ip6.destination)];
  return { packet: { family: 6, source, destination, ttl, payload }, protocol, ip6 };
}
