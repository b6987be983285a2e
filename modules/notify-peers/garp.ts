import {
  ARPOP_REPLY,
  ARPOP_REQUEST,
  broadcastLladdr,
  ETHERTYPE_ARP,
  encodeArp,
  encodeEthernet,
  type InetAddress,
} from '../ifnet/index.js';
import type { ArpForm } from './events.js';

/**
 * A gratuitous ARP, 42 bytes, broadcast. As a request in the bytes of Linux's kernel: target protocol address equal
 * to the sender's, target hardware address zero (RFC 5227 section 2.1.1). As a reply, the target hardware address
 * is the sender's own (RFC 5944 section 4.6).
 */
export function gratuitousArp(address: InetAddress, lladdr: Uint8Array, form: ArpForm): Uint8Array {
  const arp = encodeArp({
    operation: form === 'request' ? ARPOP_REQUEST : ARPOP_REPLY,
    senderLladdr: lladdr,
    senderAddress: address.bytes,
    targetLladdr: form === 'request' ? new Uint8Array(6) : lladdr,
    targetAddress: address.bytes,
  });
  return encodeEthernet(broadcastLladdr(), lladdr, ETHERTYPE_ARP, arp);
}
