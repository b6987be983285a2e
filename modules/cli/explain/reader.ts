import {
  type CapturedIp,
  type CapturedPacket,
  capturedIp,
  type LinkFrame,
  linkFrame,
} from '../../capture/index.js';
import {
  CarpExplainer,
  type ExplainerKnowledge,
  type Explanation,
  IPPROTO_CARP,
  type SeenPacket,
} from '../../carp/index.js';
import {
  ETHERTYPE_ARP,
  InetAddress,
  IPPROTO_ICMPV6,
  parseArp,
  parseNeighbour,
  sameBytes,
} from '../../ifnet/index.js';
import { VrrpExplainer, type VrrpExplanation } from '../../vrrp/index.js';

/** A packet of protocol 112, and what it is. */
export interface Explained {
  readonly packet: SeenPacket;
  readonly explanation: Explanation;
  /** Of one of VRRP. */
  readonly vrrp?: VrrpExplanation | undefined;
}

/** Takes captured packets apart: explains those of protocol 112, and learns from ARP which host has which address. */
export class PacketReader {
  readonly explainer: CarpExplainer;
  readonly routers: VrrpExplainer;

  /** @param vrid the virtual router that the addresses belong to; undefined: they are a vhid's */
  constructor(knowledge: ExplainerKnowledge, vrid?: number) {
    const { prefixes, vhid } = knowledge;
    const isVhids = vrid === undefined || vhid !== undefined;
    this.explainer = new CarpExplainer(isVhids ? knowledge : { ...knowledge, prefixes: [] });
    this.routers = new VrrpExplainer({ vrid, addresses: prefixes.map(({ address }) => address.toString()) });
  }

  /**
   * @param returned whether an address is this host's, for a packet that came in
   * @returns undefined for any other packet
   * @throws CaptureError for a link type that cannot be read
   */
  read(captured: CapturedPacket, returned?: (source: InetAddress) => boolean): Explained | undefined {
    const frame = linkFrame(captured);
    if (frame === undefined) return undefined;
    if (frame.etherType === ETHERTYPE_ARP) this.#learnArp(frame);
    const ip = capturedIp(frame);
    if (ip === undefined) return undefined;
    if (ip.protocol === IPPROTO_ICMPV6) this.#learnNeighbour(frame, ip);
    if (ip.protocol !== IPPROTO_CARP) return undefined;
    const packet = seen(captured, frame, ip, returned?.(ip.source) ?? false);
    const explanation = this.explainer.explain(packet);
    const isVrrp = explanation.faults.some(({ kind }) => kind === 'vrrp' || kind === 'vrrp clash');
    return { packet, explanation, ...(isVrrp && { vrrp: this.routers.explain(packet) }) };
  }

  #learnArp({ payload, source }: LinkFrame): void {
    const arp = parseArp(payload);
    if (arp === undefined || source === undefined) return;
    if (sameBytes(arp.senderAddress, arp.targetAddress))
      this.explainer.announced(source, InetAddress.from(arp.senderAddress));
  }

  #learnNeighbour({ source }: LinkFrame, { payload }: CapturedIp): void {
    const message = parseNeighbour(payload);
    if (message === undefined || source === undefined || message.flags === 0) return;
    this.explainer.announced(source, InetAddress.from(message.target));
  }
}

/** Member by member: with spreads this is a fifth of the time that a long capture takes. */
function seen(
  { time }: CapturedPacket,
  { vlans, passed, source: lladdr }: LinkFrame,
  ip: CapturedIp,
  returned: boolean,
): SeenPacket {
  return {
    time,
    family: ip.family,
    source: ip.source,
    destination: ip.destination,
    ttl: ip.ttl,
    payload: ip.payload,
    length: ip.length,
    fragment: ip.fragment,
    authenticated: ip.authenticated,
    headerHolds: ip.headerHolds,
    vlans,
    passed,
    lladdr,
    returned,
  };
}
