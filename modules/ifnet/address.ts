/**
 * @module
 * Internet addresses as values: bytes in network order, compared as big-endian numbers, which is the order CARP's
 * digest and ucarp's tie-break work in. Text of IPv6 goes through ipaddr.js; of IPv4 only full dotted-quad IPv4 is accepted, because
 * `10.1` and `010.0.0.1` mean different things to different programs.
 */
import ipaddr from 'ipaddr.js';
import { AddressError } from './errors.js';

/** Four decimal numbers of up to three digits; 256 and 010 are found by writing them again. */
const QUAD = /^\d{1,3}(\.\d{1,3}){3}$/;
/** An IPv6 address below 2^32 in the form of RFC 4291 section 2.2.3, which ipaddr.js takes for `::ffff:` and the rest. */
const COMPATIBLE = /^::(\d{1,3}(?:\.\d{1,3}){3})$/;

/** IPv4 or IPv6. */
export type InetFamily = 4 | 6;

/** One IPv4 or IPv6 address. Immutable; two equal addresses are `equals`, not `===`. */
export class InetAddress {
  readonly family: InetFamily;
  /** 4 or 16 bytes in network order. Not to be written to. */
  readonly bytes: Uint8Array;
  #text: string | undefined;

  private constructor(bytes: Uint8Array) {
    this.family = bytes.length === 4 ? 4 : 6;
    this.bytes = bytes;
  }

  /** @throws AddressError EADDR, which names the text. A zone (`%eth0`) is refused: the interface is known apart. */
  static parse(text: string): InetAddress {
    const quad = QUAD.test(text) ? Uint8Array.from(text.split('.'), Number) : undefined;
    if (quad !== undefined && quad.join('.') === text) return new InetAddress(quad);
    if (quad !== undefined || !ipaddr.IPv6.isValid(text) || text.includes('%'))
      throw new AddressError(text, 'an IPv4 or IPv6 address');
    const bytes = Uint8Array.from(ipaddr.IPv6.parse(text).toByteArray());
    if (COMPATIBLE.test(text)) bytes.fill(0, 10, 12);
    return new InetAddress(bytes);
  }

  /** Copies 4 or 16 bytes in network order. @throws AddressError EADDR for any other length */
  static from(bytes: ArrayLike<number>): InetAddress {
    if (bytes.length !== 4 && bytes.length !== 16) {
      throw new AddressError(Array.from(bytes).join(','), 'an address of 4 or 16 bytes');
    }
    return new InetAddress(new Uint8Array(bytes));
  }

  /** 0.0.0.0 or :: */
  static any(family: InetFamily): InetAddress {
    return new InetAddress(new Uint8Array(family === 4 ? 4 : 16));
  }

  /** Dotted quad, or RFC 5952 for IPv6. Made once. */
  toString(): string {
    this.#text ??=
      this.family === 4 ? this.bytes.join('.') : new ipaddr.IPv6(Array.from(this.bytes)).toRFC5952String();
    return this.#text;
  }

  equals(other: InetAddress): boolean {
    return this === other || (this.family === other.family && sameBytes(this.bytes, other.bytes));
  }

  /** Negative, zero or positive: numeric big-endian order, every IPv4 address before every IPv6 address. */
  compare(other: InetAddress): number {
    if (this.family !== other.family) return this.family - other.family;
    for (let i = 0; i < this.bytes.length; i++) {
      const difference = this.bytes[i]! - other.bytes[i]!;
      if (difference !== 0) return difference;
    }
    return 0;
  }

  /** 224.0.0.0/4 or ff00::/8 */
  get isMulticast(): boolean {
    return this.family === 4 ? (this.bytes[0]! & 0xf0) === 0xe0 : this.bytes[0] === 0xff;
  }

  /** 169.254.0.0/16 (RFC 3927) or fe80::/10 */
  get isLinkLocal(): boolean {
    const [first, second] = this.bytes;
    return this.family === 4 ? first === 169 && second === 254 : first === 0xfe && (second! & 0xc0) === 0x80;
  }

  get isUnspecified(): boolean {
    return this.bytes.every((byte) => byte === 0);
  }

  /** 127.0.0.0/8 or ::1 */
  get isLoopback(): boolean {
    if (this.family === 4) return this.bytes[0] === 127;
    return this.bytes[15] === 1 && this.bytes.subarray(0, 15).every((byte) => byte === 0);
  }

  /** 255.255.255.255 */
  get isBroadcast(): boolean {
    return this.family === 4 && this.bytes.every((byte) => byte === 255);
  }
}

/** An address with the length of its network: `10.0.0.1/24`. */
export class InetPrefix {
  /** @param length in bits, 0 to 32 or 128. @throws AddressError EADDR outside that */
  constructor(
    readonly address: InetAddress,
    readonly length: number,
  ) {
    if (!Number.isInteger(length) || length < 0 || length > address.bytes.length * 8) {
      throw new AddressError(
        `${address.toString()}/${length}`,
        `a prefix: the length is 0 to ${address.bytes.length * 8}`,
      );
    }
  }

  /** `10.0.0.1/24`; without a length the whole address (/32, /128). @throws AddressError EADDR */
  static parse(text: string): InetPrefix {
    const slash = text.indexOf('/');
    const address = InetAddress.parse(slash < 0 ? text : text.slice(0, slash));
    if (slash < 0) return new InetPrefix(address, address.bytes.length * 8);
    const length = text.slice(slash + 1);
    if (!/^\d{1,3}$/.test(length)) throw new AddressError(text, 'a prefix like 10.0.0.1/24 or fd00::1/64');
    return new InetPrefix(address, Number(length));
  }

  /** Whether the address is in this prefix's network. */
  contains(other: InetAddress): boolean {
    if (other.family !== this.address.family) return false;
    const whole = this.length >> 3;
    for (let i = 0; i < whole; i++) if (this.address.bytes[i] !== other.bytes[i]) return false;
    const rest = this.length & 7;
    if (rest === 0) return true;
    const mask = (0xff00 >> rest) & 0xff;
    return ((this.address.bytes[whole]! ^ other.bytes[whole]!) & mask) === 0;
  }

  /** The directed broadcast address of an IPv4 network with host bits to spare (RFC 919), else undefined. */
  get broadcast(): InetAddress | undefined {
    if (this.address.family !== 4 || this.length > 30) return undefined;
    return InetAddress.from(
      this.address.bytes.map((byte, i) => byte | (0xff >> Math.min(8, Math.max(0, this.length - i * 8)))),
    );
  }

  /**
   * The address that stands for the network itself, all host bits 0: no IPv4 host's (RFC 1122, section 3.2.1.3), and in
   * IPv6 every router's (RFC 4291, section 2.6.1). Undefined where a network has no such address: /31, /32, /127, /128.
   */
  get network(): InetAddress | undefined {
    if (this.length > this.address.bytes.length * 8 - 2) return undefined;
    return InetAddress.from(
      this.address.bytes.map((byte, i) => byte & ~(0xff >> Math.min(8, Math.max(0, this.length - i * 8)))),
    );
  }

  equals(other: InetPrefix): boolean {
    return this.length === other.length && this.address.equals(other.address);
  }

  toString(): string {
    return `${this.address.toString()}/${this.length}`;
  }
}

/** Byte-wise equality. Not constant in time: never for digests. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
