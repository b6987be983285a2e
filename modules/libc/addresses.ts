/** Socket addresses, laid out as the kernel takes them: unix(7), netlink(7), packet(7), ip(7), ipv6(7). */
import { CarpetError } from '../../core/index.js';
import { AF_INET, AF_INET6, AF_NETLINK, AF_PACKET, AF_UNIX } from './constants.js';

/** sun_path has 108 bytes, one of which ends a path. */
const MAX_PATH = 107;
/** Bytes of a struct sockaddr_nl. */
export const SOCKADDR_NL = 12;
/** Bytes of a struct sockaddr_ll. */
export const SOCKADDR_LL = 20;
/** Bytes of a struct sockaddr_in6, the largest address that a socket of IP can have. */
export const SOCKADDR_IN6 = 28;

/**
 * Where a Unix socket is: a path, or a name in the abstract namespace, written `@name` or with a NUL byte in front. An
 * abstract socket has no file, mode or owner, and ends with its process.
 */
export class SocketAddress {
  /** Undefined for an abstract name. */
  readonly path: string | undefined;
  /** struct sockaddr_un at its exact length: every byte counts in an abstract name. */
  readonly bytes: Buffer;
  readonly #text: string;

  /** @throws CarpetError EINVAL if `text` is empty or too long */
  constructor(text: string) {
    const isAbstract = text.startsWith('@') || text.startsWith('\0');
    const name = Buffer.from(isAbstract ? `\0${text.slice(1)}` : `${text}\0`);
    this.#text = isAbstract ? `@${text.slice(1)}` : text;
    if (name.length < 2) throw new CarpetError('EINVAL', 'a socket must have a path, or an abstract @name');
    if (name.length > MAX_PATH + 1) {
      const message = `${this.#text}: longer than the ${MAX_PATH} bytes that a socket's path can have`;
      throw new CarpetError('EINVAL', message);
    }
    if (!isAbstract && text.includes('\0'))
      throw new CarpetError('EINVAL', 'a path cannot have a NUL byte in it');
    this.path = isAbstract ? undefined : text;
    this.bytes = Buffer.alloc(2 + name.length);
    this.bytes.writeUInt16LE(AF_UNIX);
    name.copy(this.bytes, 2);
  }

  /** `/path`, or `@name`. */
  toString(): string {
    return this.#text;
  }
}

/** struct sockaddr_nl for bind(2). `groups` is a bit mask; the kernel chooses the port. */
export function netlinkAddress(groups: number): Buffer {
  const address = Buffer.alloc(SOCKADDR_NL);
  address.writeUInt16LE(AF_NETLINK);
  address.writeUInt32LE(groups, 8);
  return address;
}

/**
 * Whether the kernel sent a netlink datagram. The kernel's port is 0, which no process can have; any process with the
 * privilege may send to a group (netlink(7)).
 */
export function isFromKernel(sockaddrNl: Buffer): boolean {
  return sockaddrNl.readUInt32LE(4) === 0;
}

/** struct sockaddr_ll for sending on interface `index`, written into `into` if that is given. */
export function packetAddress(
  index: number,
  etherType: number,
  into: Buffer = Buffer.alloc(SOCKADDR_LL),
): Buffer {
  into.writeUInt16LE(AF_PACKET);
  into.writeUInt16BE(etherType, 2);
  into.writeInt32LE(index, 4);
  return into;
}

/** struct sockaddr_in for an address of 4 bytes; for 16 bytes sockaddr_in6, with interface `index` as its scope. Port 0. */
export function inetAddress(address: Uint8Array, index: number): Buffer {
  const isIpv4 = address.length === 4;
  const bytes = Buffer.alloc(isIpv4 ? 16 : SOCKADDR_IN6);
  bytes.writeUInt16LE(isIpv4 ? AF_INET : AF_INET6);
  bytes.set(address, isIpv4 ? 4 : 8);
  if (!isIpv4) bytes.writeUInt32LE(index, 24);
  return bytes;
}
