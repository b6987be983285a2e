import { type InetAddress, type InetFamily, InetPrefix } from '../../ifnet/index.js';

/** An advertisement, as a firewall sees it. */
export interface FirewallPacket {
  readonly direction: 'in' | 'out';
  readonly family: InetFamily;
  readonly ifname: string;
  /** Undefined: unknown, as one of several. */
  readonly source: InetAddress | undefined;
  readonly destination: InetAddress | undefined;
}

/** Whether something is so; undefined: that cannot be said of this packet. */
export type Truth = boolean | undefined;

const IPPROTO_CARP = 112;
/** Names of the protocol in /etc/protocols, which nft prints. */
const NAMES: ReadonlySet<unknown> = new Set([IPPROTO_CARP, '112', 'vrrp', 'carp']);
const TTL = 255;
const UNICAST = 'host';
const NO_SETS: ReadonlyMap<string, unknown> = new Map();

/** A field of the packet; undefined if unknown; null if it has none. */
export type PacketValue = string | number | InetAddress | null | undefined;

/** The value that nft's `meta` or `payload` expression has of the packet. */
export function valueOf(left: unknown, packet: FirewallPacket): PacketValue {
  const { meta, payload, ct } = (left ?? {}) as {
    meta?: Keyed | null;
    payload?: Field | null;
    ct?: Keyed | null;
  };
  if (meta) return metaOf(String(meta.key), packet);
  if (payload) return payloadOf(payload, packet);
  return ct?.key === 'state' ? 'new' : undefined;
}

interface Keyed {
  readonly key?: unknown;
}

interface Field {
  readonly protocol?: unknown;
  readonly field?: unknown;
}

function metaOf(key: string, { direction, family, ifname, destination }: FirewallPacket): PacketValue {
  switch (key) {
    case 'l4proto':
      return IPPROTO_CARP;
    case 'nfproto':
      return family === 4 ? 'ipv4' : 'ipv6';
    case 'protocol':
      return family === 4 ? 'ip' : 'ip6';
    case 'iifname':
    case 'iif':
      return direction === 'in' ? ifname : null;
    case 'oifname':
    case 'oif':
      return direction === 'out' ? ifname : null;
    case 'pkttype':
      return destination?.isMulticast === true ? 'multicast' : UNICAST;
    default:
      return undefined;
  }
}

function payloadOf({ protocol, field }: Field, { family, source, destination }: FirewallPacket): PacketValue {
  if (protocol !== 'ip' && protocol !== 'ip6') return protocol === 'ether' ? undefined : null;
  if ((protocol === 'ip') !== (family === 4)) return null;
  switch (field) {
    case 'protocol':
    case 'nexthdr':
      return IPPROTO_CARP;
    case 'daddr':
      return destination;
    case 'saddr':
      return source;
    case 'ttl':
    case 'hoplimit':
      return TTL;
    default:
      return undefined;
  }
}

/** Whether a value is the one that a rule names: a word, a number, an address, a prefix, a range, a set. */
export function isMatch(value: PacketValue, right: unknown, sets: ReadonlyMap<string, unknown>): Truth {
  if (value === undefined) return undefined;
  if (value === null) return false;
  if (Array.isArray(right)) return anyOf(value, right);
  if (typeof right === 'string' && right.startsWith('@')) {
    const elements = sets.get(right.slice(1));
    return Array.isArray(elements) ? anyOf(value, elements) : undefined;
  }
  if (typeof right === 'object' && right !== null) return isInObject(value, right, sets);
  if (isAddress(value)) return isInPrefix(value, String(right));
  if (NAMES.has(value)) return NAMES.has(right);
  if (typeof right === 'string' && right.endsWith('*')) return String(value).startsWith(right.slice(0, -1));
  return String(value) === String(right);
}

interface Composite {
  readonly set?: readonly unknown[];
  readonly prefix?: { readonly addr?: unknown; readonly len?: unknown };
  readonly range?: readonly unknown[];
  readonly elem?: { readonly val?: unknown };
}

function isInObject(value: PacketValue, right: Composite, sets: ReadonlyMap<string, unknown>): Truth {
  if (right.set !== undefined) return Array.isArray(right.set) ? anyOf(value, right.set) : undefined;
  if (right.elem) return isMatch(value, right.elem.val, sets);
  if (right.prefix && isAddress(value))
    return isInPrefix(value, `${String(right.prefix.addr)}/${String(right.prefix.len)}`);
  if (Array.isArray(right.range) && typeof value === 'number') {
    const [from, to] = right.range.map(Number);
    return value >= from! && value <= to!;
  }
  return undefined;
}

/** An element names no set: one that begins with @ is an interface of that name. */
function anyOf(value: PacketValue, elements: readonly unknown[]): Truth {
  const truths = elements.map((each) => isMatch(value, each, NO_SETS));
  if (truths.includes(true)) return true;
  return truths.includes(undefined) ? undefined : false;
}

function isAddress(value: PacketValue): value is InetAddress {
  return typeof value === 'object' && value !== null && 'bytes' in value;
}

function isInPrefix(address: InetAddress, text: string): Truth {
  try {
    return InetPrefix.parse(text).contains(address);
  } catch {
    return undefined;
  }
}
