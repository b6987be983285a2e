/**
 * pcapng (draft-ietf-opsawg-pcapng): blocks, each with its type and length in front and its length again behind. A section
 * header gives the byte order of what follows; interface descriptions number the interfaces that packets name. Blocks of
 * other types are skipped as they arrive, whatever their length.
 *
 * @module
 */
import { CaptureError } from '../errors.js';
import type { CapturedPacket } from '../packet.js';
import type { ByteQueue } from './byte-queue.js';
import { bytesOf, type CaptureFormat, MAX_PACKET } from './format.js';

/** The first block's type, the same in both byte orders. */
export const SECTION_HEADER = 0x0a0d0d0a;
const BYTE_ORDER = 0x1a2b3c4d;
const INTERFACE = 1;
const OBSOLETE_PACKET = 2;
const SIMPLE_PACKET = 3;
const ENHANCED_PACKET = 6;

const BLOCK_HEADER = 8;
/** Type, length, and the length again. */
const BLOCK_LEN = 12;
/** A packet with its options, or an interface with its own. */
const MAX_BLOCK = MAX_PACKET + 65_536;
/** Later, or as long before 1970, no date is: ECMA-262. */
const MAX_TIME_MS = 8.64e15;
/** Interfaces in a section: more than any host has. */
const MAX_INTERFACES = 4096;

const OPT_END = 0;
const IF_TSRESOL = 9;
const IF_TSOFFSET = 14;

interface Interface {
  readonly number: number;
  readonly linkType: number;
  /** 0: packets are not cut. */
  readonly snapLength: number;
  /** Of a stamp, in ms. */
  readonly unitMs: number;
  /** Added to every stamp, in ms. */
  readonly offsetMs: number;
}

/** Reads a capture of the newer format, as Wireshark writes it. */
export class PcapngFormat implements CaptureFormat {
  #little = false;
  /** Of the section. */
  #interfaces: Interface[] = [];
  /** Of all sections: their interfaces have different numbers here. */
  #numbered = 0;

  *read(queue: ByteQueue): Generator<CapturedPacket> {
    for (;;) {
      const head = queue.peek(BLOCK_LEN);
      if (head === undefined) return;
      if (head.getUint32(0) === SECTION_HEADER) this.#beginSection(head, queue);
      const type = head.getUint32(0, this.#little);
      const length = this.#blockLength(head, queue);
      const isPacket = type === ENHANCED_PACKET || type === SIMPLE_PACKET || type === OBSOLETE_PACKET;
      if (!isPacket && type !== INTERFACE) {
        queue.skip(length);
        continue;
      }
      if (length > MAX_BLOCK) throw damaged(queue, `a block of ${length} bytes`);
      const block = queue.peek(length);
      if (block === undefined) return;
      const body = new DataView(block.buffer, block.byteOffset + BLOCK_HEADER, length - BLOCK_LEN);
      if (type === INTERFACE) this.#describe(body, queue);
      const packet = isPacket ? this.#packet(type, body, queue) : undefined;
      queue.skip(length);
      if (packet !== undefined) yield packet;
    }
  }

  #beginSection(head: DataView, queue: ByteQueue): void {
    const big = head.getUint32(8) === BYTE_ORDER;
    if (!big && head.getUint32(8, true) !== BYTE_ORDER)
      throw damaged(queue, 'a section without a byte order');
    this.#little = !big;
    this.#interfaces = [];
  }

  #blockLength(head: DataView, queue: ByteQueue): number {
    const length = head.getUint32(4, this.#little);
    if (length < BLOCK_LEN || length % 4 !== 0) throw damaged(queue, `a block of ${length} bytes`);
    return length;
  }

  #describe(body: DataView, queue: ByteQueue): void {
    if (body.byteLength < 8) throw damaged(queue, 'an interface without a link type');
    if (this.#interfaces.length === MAX_INTERFACES)
      throw damaged(queue, `more than ${MAX_INTERFACES} interfaces`);
    const options = this.#options(body, 8);
    const resolution = options.get(IF_TSRESOL)?.getUint8(0) ?? 6;
    const offset = options.get(IF_TSOFFSET);
    this.#interfaces.push({
      number: this.#numbered++,
      linkType: body.getUint16(0, this.#little),
      snapLength: body.getUint32(4, this.#little),
      unitMs: 1000 / (resolution & 0x80 ? 2 ** (resolution & 0x7f) : 10 ** resolution),
      offsetMs: offset?.byteLength === 8 ? Number(offset.getBigInt64(0, this.#little)) * 1000 : 0,
    });
  }

  /** The options from `at` on, as far as they are whole. */
  #options(body: DataView, at: number): Map<number, DataView> {
    const options = new Map<number, DataView>();
    while (at + 4 <= body.byteLength) {
      const code = body.getUint16(at, this.#little);
      const length = body.getUint16(at + 2, this.#little);
      if (code === OPT_END || at + 4 + length > body.byteLength) break;
      if (length > 0) options.set(code, new DataView(body.buffer, body.byteOffset + at + 4, length));
      at += 4 + ((length + 3) & ~3);
    }
    return options;
  }

  #packet(type: number, body: DataView, queue: ByteQueue): CapturedPacket {
    const simple = type === SIMPLE_PACKET;
    const start = simple ? 4 : 20;
    if (body.byteLength < start) throw damaged(queue, 'a packet without its header');
    const index = simple
      ? 0
      : type === ENHANCED_PACKET
        ? body.getUint32(0, this.#little)
        : body.getUint16(0, this.#little);
    const ifp = this.#interfaces[index];
    if (ifp === undefined) throw damaged(queue, `a packet of interface ${index}, which is not described`);
    const original = body.getUint32(simple ? 0 : 16, this.#little);
    const captured = simple
      ? Math.min(original, ifp.snapLength || original, body.byteLength - start)
      : body.getUint32(12, this.#little);
    if (captured > body.byteLength - start) throw damaged(queue, `a packet of ${captured} bytes in a block`);
    const high = simple ? 0 : body.getUint32(4, this.#little);
    const low = simple ? 0 : body.getUint32(8, this.#little);
    const time = (high * 2 ** 32 + low) * ifp.unitMs + ifp.offsetMs;
    if (Math.abs(time) > MAX_TIME_MS) throw damaged(queue, 'a packet of a time that no calendar has');
    return {
      time,
      linkType: ifp.linkType,
      interface: ifp.number,
      bytes: bytesOf(body, start, captured),
      cut: original > captured,
    };
  }
}

function damaged(queue: ByteQueue, what: string): CaptureError {
  return new CaptureError(`byte ${queue.position}: ${what}; the file is damaged`);
}
