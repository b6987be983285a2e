/**
 * A captured Ethernet frame, read independently of the code under test (offsets: reference of the wire formats in
 * RFC 826, RFC 791, RFC 4861 and CARP's header as ucarp, FreeBSD and OpenBSD send it).
 */

export interface Advertisement {
  readonly version: number;
  readonly vhid: number;
  readonly advskew: number;
  readonly demote: number;
  readonly advbase: number;
  readonly counter: bigint;
  readonly digest: string;
}

export interface Arp {
  readonly operation: number;
  readonly senderLladdr: string;
  readonly sender: string;
  readonly targetLladdr: string;
  readonly target: string;
}

export interface Frame {
  /** Milliseconds since the epoch, with fractions: the kernel's stamp. */
  readonly time: number;
  readonly bytes: Uint8Array;
  readonly destination: string;
  readonly source: string;
  readonly etherType: number;
  readonly ip?: { source: string; destination: string; protocol: number; ttl: number; payload: Uint8Array };
  /** An IP protocol 112 packet of CARP's length (a VRRP packet has version 3, or another length). */
  readonly advertisement?: Advertisement;
  readonly arp?: Arp;
  /** The target address of a neighbour advertisement (ICMPv6 type 136). */
  readonly neighbour?: string;
  toString(): string;
}

/** A request or reply that announces its sender's own address: a gratuitous ARP for `address`. */
export function isGratuitous(frame: Frame, address?: string): boolean {
  const arp = frame.arp;
  return arp !== undefined && arp.sender === arp.target && (address === undefined || arp.sender === address);
}

/** A CARP advertisement, of one source address if one is given. */
export function isAdvertisement(frame: Frame, source?: string): boolean {
  return frame.advertisement !== undefined && (source === undefined || frame.ip?.source === source);
}

export function parseFrame(time: number, bytes: Uint8Array): Frame {
  const etherType = (bytes[12]! << 8) | bytes[13]!;
  const frame = { time, bytes, destination: mac(bytes, 0), source: mac(bytes, 6), etherType };
  const parts = { ...frame, ...parsePayload(etherType, bytes) };
  return { ...parts, toString: () => describe(parts) };
}

function parsePayload(etherType: number, bytes: Uint8Array): Partial<Frame> {
  if (etherType === 0x0806 && bytes.length >= 42) return { arp: parseArp(bytes) };
  if (etherType === 0x0800 && bytes.length >= 34) return parseIp(ipv4(bytes));
  if (etherType === 0x86dd && bytes.length >= 54) return parseIp(ipv6(bytes));
  return {};
}

function ipv4(bytes: Uint8Array): NonNullable<Frame['ip']> {
  const start = 14 + (bytes[14]! & 15) * 4;
  const end = 14 + ((bytes[16]! << 8) | bytes[17]!);
  return {
    source: dotted(bytes, 26),
    destination: dotted(bytes, 30),
    protocol: bytes[23]!,
    ttl: bytes[22]!,
    payload: bytes.subarray(start, end),
  };
}

function ipv6(bytes: Uint8Array): NonNullable<Frame['ip']> {
  return {
    source: groups(bytes, 22),
    destination: groups(bytes, 38),
    protocol: bytes[20]!,
    ttl: bytes[21]!,
    payload: bytes.subarray(54),
  };
}

function parseIp(ip: NonNullable<Frame['ip']>): Partial<Frame> {
  if (ip.protocol === 112 && ip.payload.length === 36) return { ip, advertisement: parseCarp(ip.payload) };
  if (ip.protocol === 58 && ip.payload[0] === 136) return { ip, neighbour: groups(ip.payload, 8) };
  return { ip };
}

function parseCarp(payload: Uint8Array): Advertisement {
  const view = new DataView(payload.buffer, payload.byteOffset, payload.length);
  const [version, vhid, advskew, demote, advbase] = [
    payload[0]! >> 4,
    payload[1]!,
    payload[2]!,
    payload[4]!,
    payload[5]!,
  ];
  return {
    version,
    vhid,
    advskew,
    demote,
    advbase,
    counter: view.getBigUint64(8),
    digest: hex(payload, 16, 36),
  };
}

function parseArp(bytes: Uint8Array): Arp {
  return {
    operation: (bytes[20]! << 8) | bytes[21]!,
    senderLladdr: mac(bytes, 22),
    sender: dotted(bytes, 28),
    targetLladdr: mac(bytes, 32),
    target: dotted(bytes, 38),
  };
}

function describe(frame: Omit<Frame, 'toString'>): string {
  const at = frame.time.toFixed(3);
  const { advertisement: ad, arp, ip } = frame;
  if (ad) return `${at} ${ip!.source} CARP vhid ${ad.vhid} advbase ${ad.advbase} advskew ${ad.advskew}`;
  if (arp) return `${at} ${frame.source} ARP ${arp.operation} ${arp.sender} -> ${arp.target}`;
  if (ip) return `${at} ${ip.source} -> ${ip.destination} protocol ${ip.protocol}`;
  return `${at} ${frame.source} -> ${frame.destination} type 0x${frame.etherType.toString(16)}`;
}

function hex(bytes: Uint8Array, from: number, to: number, separator = ''): string {
  return Array.from(bytes.subarray(from, to), (byte) => byte.toString(16).padStart(2, '0')).join(separator);
}

function mac(bytes: Uint8Array, at: number): string {
  return hex(bytes, at, at + 6, ':');
}

function dotted(bytes: Uint8Array, at: number): string {
  return bytes.subarray(at, at + 4).join('.');
}

/** RFC 5952 text, by way of the platform's own formatter. */
function groups(bytes: Uint8Array, at: number): string {
  const text = hex(bytes, at, at + 16)
    .match(/.{4}/g)!
    .join(':');
  return new URL(`http://[${text}]/`).hostname.slice(1, -1);
}
