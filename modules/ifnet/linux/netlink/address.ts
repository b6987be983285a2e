/** RTM_NEWADDR and RTM_DELADDR (rtnetlink(7)) as IfAddress, and the requests that add and remove addresses. */

import { AF_INET, AF_INET6 } from '../../../libc/index.js';
import { type IfAddress, InetAddress, InetPrefix } from '../../index.js';
import * as nl from './constants.js';
import { attributes, type NetlinkMessage, Request, readU32, u32 } from './message.js';

const IFADDRMSG = 8;
const FOREVER = 0xffffffff;
const SCOPES: Record<number, string> = { 0: 'global', 200: 'site', 253: 'link', 254: 'host', 255: 'nowhere' };

export interface AddressReport {
  readonly index: number;
  readonly address: IfAddress;
}

export function parseAddress(message: NetlinkMessage): AddressReport | undefined {
  const { body } = message;
  if (body.length < IFADDRMSG) return undefined;
  const [family, length, flags8, scope] = [body[0]!, body[1]!, body[2]!, body[3]!];
  const size = family === AF_INET ? 4 : family === AF_INET6 ? 16 : 0;
  if (size === 0) return undefined;
  const found = readAttributes(body, size, flags8);
  const own = found.local ?? found.address;
  if (own === undefined || length > size * 8) return undefined;
  // If IFA_LOCAL is given too and differs, IFA_ADDRESS is the peer's address (if_addr.h).
  const peer = found.address !== undefined && !found.address.equals(own) ? found.address : undefined;
  return {
    index: body.readUInt32LE(4),
    address: {
      prefix: new InetPrefix(own, length),
      scope: SCOPES[scope] ?? String(scope),
      tentative: (found.flags & nl.IFA_F_TENTATIVE) !== 0,
      deprecated: (found.flags & nl.IFA_F_DEPRECATED) !== 0,
      // For IPv6 the same bit means "temporary" (RFC 8981).
      secondary: family === AF_INET && (found.flags & nl.IFA_F_SECONDARY) !== 0,
      ...((found.flags & nl.IFA_F_DADFAILED) === 0 ? {} : { dadFailed: true }),
      ...(found.broadcast === undefined ? {} : { broadcast: found.broadcast }),
      ...(peer === undefined ? {} : { peer }),
      ...(found.protocol === 0 ? {} : { protocol: found.protocol }),
      ...found.lifetimes,
    },
  };
}

interface Attributes {
  address?: InetAddress;
  local?: InetAddress;
  broadcast?: InetAddress;
  flags: number;
  protocol: number;
  lifetimes: Pick<IfAddress, 'validMs' | 'preferredMs' | 'stamp'>;
}

function readAttributes(body: Buffer, size: number, flags: number): Attributes {
  const found: Attributes = { flags, protocol: 0, lifetimes: {} };
  attributes(body, IFADDRMSG, (type, value) => {
    if (type === nl.IFA_FLAGS) found.flags = readU32(value);
    else if (type === nl.IFA_PROTO) found.protocol = value[0] ?? 0;
    else if (type === nl.IFA_CACHEINFO && value.length >= 16) found.lifetimes = lifetimes(value);
    else if (value.length !== size) return;
    else if (type === nl.IFA_ADDRESS) found.address = InetAddress.from(value);
    else if (type === nl.IFA_LOCAL) found.local = InetAddress.from(value);
    else if (type === nl.IFA_BROADCAST) found.broadcast = InetAddress.from(value);
  });
  return found;
}

/** struct ifa_cacheinfo: preferred and valid lifetimes in seconds, then the times of creation and of the last update. */
function lifetimes(cacheinfo: Buffer): Attributes['lifetimes'] {
  const [preferred, valid] = [cacheinfo.readUInt32LE(0), cacheinfo.readUInt32LE(4)];
  return {
    ...(valid === FOREVER ? {} : { validMs: valid * 1000 }),
    ...(preferred === FOREVER ? {} : { preferredMs: preferred * 1000 }),
    stamp: cacheinfo.readUInt32LE(12),
  };
}

function ifaddrmsg(prefix: InetPrefix | undefined, index: number): Buffer {
  const header = Buffer.alloc(IFADDRMSG);
  if (prefix === undefined) return header;
  header[0] = prefix.address.family === 4 ? AF_INET : AF_INET6;
  header[1] = prefix.length;
  header[3] = prefix.address.isLoopback ? 254 : 0;
  header.writeUInt32LE(index, 4);
  return header;
}

export function dumpAddresses(): Request {
  return new Request(nl.RTM_GETADDR, nl.NLM_F_DUMP, ifaddrmsg(undefined, 0));
}

/** What `addAddress` asks for beyond the address itself; 0 leaves it to the kernel. */
export interface AddressDetails {
  /** IFA_F_*. */
  readonly flags: number;
  readonly metric?: number | undefined;
  /** IFA_PROTO, 1 to 255. Kernels before 5.18 ignore it. */
  readonly protocol?: number | undefined;
  /** Seconds. */
  readonly lifetime?: number | undefined;
}

export function addAddress(index: number, prefix: InetPrefix, details: AddressDetails): Request {
  return setAddress(nl.NLM_F_CREATE | nl.NLM_F_EXCL, index, prefix, details);
}

/** Starts the lifetime anew. The kernel adds the address if it lacks it, with or without NLM_F_CREATE. */
export function renewAddress(index: number, prefix: InetPrefix, details: AddressDetails): Request {
  return setAddress(nl.NLM_F_REPLACE, index, prefix, details).unacknowledged;
}

function setAddress(how: number, index: number, prefix: InetPrefix, details: AddressDetails): Request {
  const { flags, metric = 0, protocol = 0, lifetime } = details;
  const request = new Request(nl.RTM_NEWADDR, how, ifaddrmsg(prefix, index));
  const { bytes } = prefix.address;
  request.attribute(nl.IFA_LOCAL, bytes).attribute(nl.IFA_ADDRESS, bytes).u32(nl.IFA_FLAGS, flags);
  if (metric !== 0) request.u32(nl.IFA_RT_PRIORITY, metric);
  if (protocol !== 0) request.u8(nl.IFA_PROTO, protocol);
  if (lifetime !== undefined) request.attribute(nl.IFA_CACHEINFO, cacheinfo(lifetime));
  return request;
}

/** Both lifetimes alike: with the shorter one an address is deprecated, and no longer a source. */
function cacheinfo(lifetime: number): Buffer {
  return Buffer.concat([u32(lifetime), u32(lifetime), u32(0), u32(0)]);
}

/**
 * A request that no kernel carries out, for it names no address. One that knows IFA_PROTO refuses it before it looks,
 * because the attribute is empty (ERANGE), others because the address is missing (EINVAL).
 */
export function probeProtocol(): Request {
  const request = new Request(
    nl.RTM_NEWADDR,
    nl.NLM_F_CREATE | nl.NLM_F_EXCL,
    Buffer.from([AF_INET, 0, 0, 0, 0, 0, 0, 0]),
  );
  return request.attribute(nl.IFA_PROTO, new Uint8Array());
}

/** Without IFA_ADDRESS the kernel would take the first address of IPv4 with these bytes, whatever its prefix length. */
export function removeAddress(index: number, prefix: InetPrefix): Request {
  const { bytes } = prefix.address;
  const request = new Request(nl.RTM_DELADDR, 0, ifaddrmsg(prefix, index));
  return request.attribute(nl.IFA_LOCAL, bytes).attribute(nl.IFA_ADDRESS, bytes);
}

/** Asks for one address; the kernel answers for IPv6 only. */
export function getAddress(index: number, prefix: InetPrefix): Request {
  return new Request(nl.RTM_GETADDR, 0, ifaddrmsg(prefix, index)).attribute(
    nl.IFA_ADDRESS,
    prefix.address.bytes,
  );
}
