import { checksummed6, IPPROTO_ICMP, IPPROTO_ICMPV6, internetChecksum, validIcmp6 } from '../index.js';

const ICMP_ECHO = 8;
const ICMP_ECHOREPLY = 0;
const ICMP6_ECHO_REQUEST = 128;
const ICMP6_ECHO_REPLY = 129;

/**
 * The answer to an echo request (RFC 792; RFC 4443 section 4.1), or `undefined` if the payload is none. `source` and
 * `destination` are those of the answer.
 */
export function echoReply(
  protocol: number,
  payload: Uint8Array,
  source: Uint8Array,
  destination: Uint8Array,
): Uint8Array | undefined {
  if (payload.length < 8 || payload[1] !== 0) return undefined;
  if (protocol === IPPROTO_ICMP && payload[0] === ICMP_ECHO) {
    if (internetChecksum(payload) !== 0) return undefined;
    const reply = payload.slice();
    reply[0] = ICMP_ECHOREPLY;
    reply.fill(0, 2, 4);
    const sum = internetChecksum(reply);
    reply[2] = sum >> 8;
    reply[3] = sum & 0xff;
    return reply;
  }
  if (protocol === IPPROTO_ICMPV6 && payload[0] === ICMP6_ECHO_REQUEST) {
    if (!validIcmp6(payload, destination, source)) return undefined;
    const reply = payload.slice();
    reply[0] = ICMP6_ECHO_REPLY;
    return checksummed6(reply, source, destination);
  }
  return undefined;
}
