/**
 * The frames that two doctors exchange. CARP, VRRP and every other protocol ignore them: they have the EtherType that IEEE
 * 802 sets aside for local experiments, or, to take the way of advertisements, the IP protocol that RFC 3692 sets aside, to
 * CARP's groups.
 *
 *     magic (16) | run (8) | kind (1) | number of reports (1) | reports: run (8), kinds heard from it as bits (1)
 *
 * @module
 */
import {
  broadcastLladdr,
  ETHERTYPE_IP,
  ETHERTYPE_IPV6,
  encodeEthernet,
  encodeIpv4,
  encodeIpv6,
  type InetAddress,
  multicastLladdr,
} from '../../ifnet/index.js';

/** EtherType of the probes that are no IP packets: IEEE 802, local experimental 1. */
export const ETHERTYPE_PROBE = 0x88b5;
/** IP protocol of the others: RFC 3692, experimentation 1. */
export const IPPROTO_PROBE = 253;

/**
 * Which way a probe takes: to all, to the IPv4 group, to the IPv6 group; `foreign`: to all, from a link-layer address that
 * is not the interface's, as with the virtual MAC.
 */
export const PROBE_KINDS = ['broadcast', 'group', 'group6', 'foreign'] as const;
/** One of {@link PROBE_KINDS}. */
export type ProbeKind = (typeof PROBE_KINDS)[number];

const MAGIC = new TextEncoder().encode('carpet doctor 1\n');
const RUN_LEN = 8;
const OFF_RUN = MAGIC.length;
const OFF_KIND = OFF_RUN + RUN_LEN;
const OFF_REPORTS = OFF_KIND + 2;
const REPORT_LEN = RUN_LEN + 1;
/** Other doctors that one reports about. */
export const MAX_REPORTS = 32;

/** What a probe says. */
export interface Probe {
  /** Which doctor sent it: a number drawn for this run, as hexadecimal text. */
  readonly run: string;
  readonly kind: ProbeKind;
  /** What its sender has heard of others, by their runs. */
  readonly heard: ReadonlyMap<string, ReadonlySet<ProbeKind>>;
}

/** The bytes of a probe. */
export function encodeProbe({ run, kind, heard }: Probe): Uint8Array {
  const reports = [...heard].slice(0, MAX_REPORTS);
  const bytes = new Uint8Array(OFF_REPORTS + REPORT_LEN * reports.length);
  bytes.set(MAGIC);
  bytes.set(runBytes(run), OFF_RUN);
  bytes[OFF_KIND] = PROBE_KINDS.indexOf(kind);
  bytes[OFF_KIND + 1] = reports.length;
  reports.forEach(([other, kinds], i) => {
    bytes.set(runBytes(other), OFF_REPORTS + REPORT_LEN * i);
    bytes[OFF_REPORTS + REPORT_LEN * i + RUN_LEN] = [...kinds].reduce(
      (bits, each) => bits | (1 << PROBE_KINDS.indexOf(each)),
      0,
    );
  });
  return bytes;
}

/** Reads a probe; undefined for anything else. Padding behind it is ignored. */
export function decodeProbe(bytes: Uint8Array): Probe | undefined {
  if (bytes.length < OFF_REPORTS || !MAGIC.every((byte, i) => bytes[i] === byte)) return undefined;
  const kind = PROBE_KINDS[bytes[OFF_KIND]!];
  const count = bytes[OFF_KIND + 1]!;
  if (kind === undefined || bytes.length < OFF_REPORTS + REPORT_LEN * count) return undefined;
  const heard = new Map<string, ReadonlySet<ProbeKind>>();
  for (let i = 0; i < Math.min(count, MAX_REPORTS); i++) {
    const at = OFF_REPORTS + REPORT_LEN * i;
    const bits = bytes[at + RUN_LEN]!;
    const kinds = PROBE_KINDS.filter((_, bit) => bits & (1 << bit));
    heard.set(runText(bytes.subarray(at, at + RUN_LEN)), new Set(kinds));
  }
  return { run: runText(bytes.subarray(OFF_RUN, OFF_KIND)), kind, heard };
}

/** Where probes come from and go to. */
export interface ProbeEnds {
  readonly lladdr: Uint8Array;
  /** Undefined: none, and no probe to the group. */
  readonly source: InetAddress | undefined;
  readonly source6: InetAddress | undefined;
  readonly group: InetAddress;
  readonly group6: InetAddress;
}

/** The frame that carries a probe of this kind; undefined if the interface has no address for it. */
export function probeFrame(
  probe: Probe,
  { lladdr, source, source6, group, group6 }: ProbeEnds,
): Uint8Array | undefined {
  const payload = encodeProbe(probe);
  switch (probe.kind) {
    case 'broadcast':
      return encodeEthernet(broadcastLladdr(), lladdr, ETHERTYPE_PROBE, payload);
    case 'foreign':
      return encodeEthernet(broadcastLladdr(), foreignLladdr(probe.run), ETHERTYPE_PROBE, payload);
    case 'group': {
      if (source === undefined) return undefined;
      const ends = { source: source.bytes, destination: group.bytes };
      const packet = encodeIpv4({ ...ends, protocol: IPPROTO_PROBE, ttl: 255, tos: 0, id: 0 }, payload);
      return encodeEthernet(multicastLladdr(group), lladdr, ETHERTYPE_IP, packet);
    }
    case 'group6': {
      if (source6 === undefined) return undefined;
      const ends = { source: source6.bytes, destination: group6.bytes };
      const packet = encodeIpv6(
        { ...ends, nextHeader: IPPROTO_PROBE, hopLimit: 255, trafficClass: 0 },
        payload,
      );
      return encodeEthernet(multicastLladdr(group6), lladdr, ETHERTYPE_IPV6, packet);
    }
  }
}

/** A locally administered address of this run: no other station's, so that a switch learns nothing that matters. */
function foreignLladdr(run: string): Uint8Array {
  return Uint8Array.of(0x06, ...runBytes(run).subarray(0, 5));
}

function runBytes(run: string): Uint8Array {
  return Uint8Array.from({ length: RUN_LEN }, (_, i) => Number.parseInt(run.slice(2 * i, 2 * i + 2), 16));
}

function runText(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
