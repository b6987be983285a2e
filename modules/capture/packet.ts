/** One packet of a capture. */
export interface CapturedPacket {
  /** When it was captured, in milliseconds since 1970, with fractions. */
  readonly time: number;
  /** What `bytes` begins with: a LINKTYPE_ value of pcap-linktype(7). */
  readonly linkType: number;
  /** Which interface of the capture it passed: a number that means nothing outside the capture. */
  readonly interface: number;
  /** As many of its bytes as were captured; valid until the next packet is read. */
  readonly bytes: Uint8Array;
  /** Whether the capture cut it short (its snapshot length). */
  readonly cut: boolean;
  /** A VLAN tag that the network card took off before the packet was captured: its VLAN identifier. */
  readonly vlan?: number | undefined;
  /** Whether this host sent it, where that is known. */
  readonly outgoing?: boolean | undefined;
}
