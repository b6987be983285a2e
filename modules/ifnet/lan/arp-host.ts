import {
  ARPOP_REPLY,
  ARPOP_REQUEST,
  broadcastLladdr,
  ETHERTYPE_ARP,
  encodeArp,
  encodeEthernet,
  InetAddress,
  parseArp,
} from '../index.js';
import type { LanHost } from './host.js';

/** ARP of one interface (RFC 826): asks, answers for its addresses, and feeds the neighbour cache. */
export class ArpHost {
  constructor(private readonly host: LanHost) {}

  /** Returns false for what is no ARP packet. */
  input(payload: Uint8Array): boolean {
    const arp = parseArp(payload);
    if (arp === undefined) return false;
    const { addressing, neighbours } = this.host;
    const sender = InetAddress.from(arp.senderAddress);
    const target = InetAddress.from(arp.targetAddress);
    const asked = arp.operation === ARPOP_REQUEST && addressing.isLocal(target) && !sender.equals(target);
    // Another host's claim to an address of ours is not learnt; sender 0.0.0.0 is a probe (RFC 5227 section 2.1.1).
    if (!addressing.isLocal(sender) && !sender.isUnspecified) {
      neighbours.learn(sender, arp.senderLladdr, { create: asked });
    }
    if (asked) this.#send(ARPOP_REPLY, arp.senderLladdr, target, sender, arp.senderLladdr);
    return true;
  }

  /** Broadcasts a request for the address. */
  solicit(address: InetAddress): void {
    const source = this.host.addressing.source(4) ?? InetAddress.any(4);
    this.#send(ARPOP_REQUEST, broadcastLladdr(), source, address, new Uint8Array(6));
  }

  #send(
    operation: number,
    to: Uint8Array,
    senderAddress: InetAddress,
    targetAddress: InetAddress,
    targetLladdr: Uint8Array,
  ): void {
    const { lladdr } = this.host;
    const arp = encodeArp({
      operation,
      senderLladdr: lladdr,
      senderAddress: senderAddress.bytes,
      targetLladdr,
      targetAddress: targetAddress.bytes,
    });
    this.host.output(encodeEthernet(to, lladdr, ETHERTYPE_ARP, arp));
  }
}
