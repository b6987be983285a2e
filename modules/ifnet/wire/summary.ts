/**
 * @module
 * Frames as one line of text, in tcpdump's words: for traces that people read. No code decides by it.
 */
import { InetAddress } from '../address.js';
import { formatLladdr } from '../lladdr.js';
import { ARPOP_REPLY, ARPOP_REQUEST, parseArp } from './arp.js';
import { ETHERTYPE_ARP, ETHERTYPE_IP, ETHERTYPE_IPV6, parseEthernet } from './ethernet.js';
import { IPPROTO_ICMP, parseIpv4 } from './ipv4.js';
import { IPPROTO_ICMPV6, parseIpv6 } from './ipv6.js';
import { ND_NA_FLAG_OVERRIDE, ND_NA_FLAG_SOLICITED, ND_NEIGHBOR_SOLICIT, parseNeighbour } from './ndisc.js';

/** IANA's number of VRRP, which CARP uses too. */
const IPPROTO_CARP = 112;
const CARP_LEN = 36;
/** Version 2, type 1. */
const CARP_ADVERTISEMENT = 0x21;
/** The length of the rest in words: seven, which tells CARP from VRRPv2, where it counts addresses. */
const CARP_AUTHLEN = 7;

/** The contents of a frame: `ARP who-has 10.0.0.2 tell 10.0.0.1`, `CARP 10.0.0.1 > 224.0.0.18 vhid 1 …`. */
export function summarizeFrame(bytes: Uint8Array): string {
  const frame = parseEthernet(bytes);
  if (frame === undefined) return `truncated frame, ${bytes.length} bytes`;
  switch (frame.type) {
    case ETHERTYPE_ARP:
      return summarizeArp(frame.payload);
    case ETHERTYPE_IP:
      return summarizeIpv4(frame.payload);
    case ETHERTYPE_IPV6:
      return summarizeIpv6(frame.payload);
    default:
      return `ethertype 0x${frame.type.toString(16).padStart(4, '0')}, ${bytes.length} bytes`;
  }
}

function summarizeArp(payload: Uint8Array): string {
  const arp = parseArp(payload);
  if (arp === undefined) return 'ARP, malformed';
  const [sender, target] = [text(arp.senderAddress), text(arp.targetAddress)];
  const lladdr = formatLladdr(arp.senderLladdr);
  if (arp.operation === ARPOP_REPLY) return `ARP reply ${sender} is-at ${lladdr}`;
  if (arp.operation !== ARPOP_REQUEST) return `ARP operation ${arp.operation}`;
  if (sender === target) return `ARP announcement ${sender} is-at ${lladdr}`;
  return `ARP who-has ${target} tell ${sender}`;
}

function summarizeIpv4(bytes: Uint8Array): string {
  const ip = parseIpv4(bytes);
  if (ip === undefined) return 'IPv4, malformed';
  const way = `${text(ip.source)} > ${text(ip.destination)}`;
  if (ip.fragment) return `IPv4 ${way} fragment`;
  return summarizePayload(ip.protocol, way, ip.payload);
}

function summarizeIpv6(bytes: Uint8Array): string {
  const ip = parseIpv6(bytes);
  if (ip === undefined) return 'IPv6, malformed';
  const way = `${text(ip.source)} > ${text(ip.destination)}`;
  return summarizePayload(ip.nextHeader, way, ip.payload);
}

function summarizePayload(protocol: number, way: string, payload: Uint8Array): string {
  switch (protocol) {
    case IPPROTO_CARP:
      return summarizeCarp(way, payload);
    case IPPROTO_ICMP:
      return `ICMP ${way} ${icmpType(payload, 8, 0)}`;
    case IPPROTO_ICMPV6:
      return summarizeIcmp6(way, payload);
    default:
      return `IP ${way} protocol ${protocol}, ${payload.length} bytes`;
  }
}

/** FreeBSD's struct carp_header: vhid, advskew, authlen, demotion and advbase are its bytes 1 to 5. */
function summarizeCarp(way: string, payload: Uint8Array): string {
  const [version, vhid, advskew, authlen, demotion, advbase] = payload;
  if (payload.length < CARP_LEN || version !== CARP_ADVERTISEMENT || authlen !== CARP_AUTHLEN) {
    return `IP ${way} protocol ${IPPROTO_CARP}, ${payload.length} bytes`;
  }
  return `CARP ${way} vhid ${vhid} advbase ${advbase} advskew ${advskew} demotion ${demotion}`;
}

function summarizeIcmp6(way: string, payload: Uint8Array): string {
  const message = parseNeighbour(payload);
  if (message === undefined) return `ICMP6 ${way} ${icmpType(payload, 128, 129)}`;
  const { type, target, lladdr, flags } = message;
  if (type === ND_NEIGHBOR_SOLICIT) return `ND ${way} who-has ${text(target)}`;
  const marks = [
    ...((flags & ND_NA_FLAG_SOLICITED) === 0 ? [] : ['solicited']),
    ...((flags & ND_NA_FLAG_OVERRIDE) === 0 ? [] : ['override']),
  ];
  const at = lladdr === undefined ? '' : ` is-at ${formatLladdr(lladdr)}`;
  return `ND ${way} advertisement ${[text(target) + at, ...marks].join(' ')}`;
}

function icmpType(payload: Uint8Array, request: number, reply: number): string {
  if (payload[0] === request) return 'echo request';
  return payload[0] === reply ? 'echo reply' : `type ${payload[0] ?? 'missing'}`;
}

function text(address: Uint8Array): string {
  return InetAddress.from(address).toString();
}
