import {
  ETHERTYPE_ARP,
  ETHERTYPE_IP,
  formatLladdr,
  InetAddress,
  parseArp,
  parseEthernet,
  parseIpv4,
  sameBytes,
} from '../../ifnet/index.js';
import type { LanCapture } from '../../ifnet/lan/index.js';
import type { DemoTell } from './events.js';

const IPPROTO_CARP = 112;

/** Watches the segment like a mirror port, and reports gratuitous ARPs and bow-outs (advbase and advskew 255). */
export function watchWire({ port, frame }: LanCapture, tell: DemoTell): void {
  const host = port.name.split(':', 1)[0]!;
  const { type, payload } = parseEthernet(frame)!;
  if (type === ETHERTYPE_ARP) {
    const arp = parseArp(payload);
    if (arp === undefined || !sameBytes(arp.senderAddress, arp.targetAddress)) return;
    const address = InetAddress.from(arp.senderAddress).toString();
    tell({ event: 'announce', host, address, lladdr: formatLladdr(arp.senderLladdr) });
  } else if (type === ETHERTYPE_IP) {
    const ip = parseIpv4(payload);
    const isBowOut = ip?.protocol === IPPROTO_CARP && ip.payload[2] === 255 && ip.payload[5] === 255;
    if (isBowOut) tell({ event: 'bow-out', host });
  }
}
