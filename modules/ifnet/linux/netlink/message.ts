/**
 * Netlink messages (netlink(7)): a 16-byte header, a header of the family, attributes. All numbers are in the machine's
 * byte order, little-endian here.
 *
 * @module
 */
import { NLM_F_ACK, NLM_F_REQUEST } from './constants.js';

const HEADER = 16;
const NESTED = 0x8000;
const TYPE_MASK = 0x3fff;

/** A received message. `body` is what follows the netlink header; it is valid until the next read. */
export interface NetlinkMessage {
  readonly type: number;
  readonly flags: number;
  readonly seq: number;
  readonly pid: number;
  readonly body: Buffer;
}

/** The messages of one datagram, up to the first malformed one. */
export function* messages(datagram: Buffer): Generator<NetlinkMessage> {
  let at = 0;
  while (at + HEADER <= datagram.length) {
    const length = datagram.readUInt32LE(at);
    if (length < HEADER || at + length > datagram.length) return;
    yield {
      type: datagram.readUInt16LE(at + 4),
      flags: datagram.readUInt16LE(at + 6),
      seq: datagram.readUInt32LE(at + 8),
      pid: datagram.readUInt32LE(at + 12),
      body: datagram.subarray(at + HEADER, at + length),
    };
    at += align(length);
  }
}

/** Calls `visit` for each attribute from `at` on, up to the first malformed one. */
export function attributes(bytes: Buffer, at: number, visit: (type: number, value: Buffer) => void): void {
  while (at + 4 <= bytes.length) {
    const length = bytes.readUInt16LE(at);
    if (length < 4 || at + length > bytes.length) return;
    visit(bytes.readUInt16LE(at + 2) & TYPE_MASK, bytes.subarray(at + 4, at + length));
    at += align(length);
  }
}

/** A request under construction: `new Request(RTM_NEWADDR, flags, header).attribute(…)`. */
export class Request {
  #bytes = Buffer.alloc(256);
  #length = HEADER;

  /** @param flags in addition to NLM_F_REQUEST and NLM_F_ACK */
  constructor(type: number, flags: number, header: Buffer) {
    this.#bytes.writeUInt16LE(type, 4);
    this.#bytes.writeUInt16LE(flags | NLM_F_REQUEST | NLM_F_ACK, 6);
    this.#append(header);
  }

  attribute(type: number, value: Uint8Array): this {
    const header = Buffer.alloc(4);
    header.writeUInt16LE(4 + value.length);
    header.writeUInt16LE(type, 2);
    this.#append(header);
    this.#append(value);
    return this;
  }

  u8(type: number, value: number): this {
    return this.attribute(type, Buffer.of(value));
  }

  u32(type: number, value: number): this {
    return this.attribute(type, u32(value));
  }

  /** In network byte order, as netfilter has all its numbers. */
  be32(type: number, value: number): this {
    return this.attribute(type, be32(value));
  }

  text(type: number, value: string): this {
    return this.attribute(type, Buffer.from(`${value}\0`));
  }

  nested(type: number, fill: (request: this) => void): this {
    const start = this.#length;
    this.attribute(type | NESTED, Buffer.alloc(0));
    fill(this);
    this.#bytes.writeUInt16LE(this.#length - start, start);
    return this;
  }

  /** Asks for no acknowledgement: only a refusal is answered. */
  get unacknowledged(): this {
    this.#bytes.writeUInt16LE(this.#bytes.readUInt16LE(6) & ~NLM_F_ACK, 6);
    return this;
  }

  /** The finished message. */
  bytes(seq: number): Buffer {
    this.#bytes.writeUInt32LE(this.#length, 0);
    this.#bytes.writeUInt32LE(seq, 8);
    return this.#bytes.subarray(0, this.#length);
  }

  #append(bytes: Uint8Array): void {
    const end = this.#length + align(bytes.length);
    if (end > this.#bytes.length) this.#bytes = Buffer.concat([this.#bytes], end * 2);
    this.#bytes.set(bytes, this.#length);
    this.#length = end;
  }
}

export function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

/** @param value a whole number of 32 bits, of either sign */
export function be32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value | 0);
  return bytes;
}

/** The number in an attribute; 0 if the attribute is too short. */
export function readU32(value: Buffer): number {
  return value.length >= 4 ? value.readUInt32LE() : 0;
}

export function readU16(value: Buffer): number {
  return value.length >= 2 ? value.readUInt16LE() : 0;
}

/** A C string without its NUL. */
export function cString(value: Buffer): string {
  const end = value.indexOf(0);
  return value.toString('utf8', 0, end < 0 ? value.length : end);
}

function align(length: number): number {
  return (length + 3) & ~3;
}
