/**
 * pcap-savefile(5): a header of 24 bytes, then packets, each behind a header of 16 bytes. The magic number gives the byte
 * order of all numbers, and whether stamps are in micro- or nanoseconds.
 *
 * @module
 */
import { CaptureError } from '../errors.js';
import type { CapturedPacket } from '../packet.js';
import type { ByteQueue } from './byte-queue.js';
import { bytesOf, type CaptureFormat, MAX_PACKET } from './format.js';

const FILE_HEADER = 24;
const PACKET_HEADER = 16;
const MAGICS = new Map([
  [0xa1b2c3d4, 1e3],
  [0xa1b23c4d, 1e6],
]);
/** The upper bits of the link type say how long a frame check sequence is. */
const LINK_TYPE_MASK = 0xffff;

/** Reads a capture of the older format, as `tcpdump -w` writes it. */
export class PcapFormat implements CaptureFormat {
  readonly #little: boolean;
  /** Units of a stamp's fraction in a millisecond. */
  readonly #units: number;
  #linkType: number | undefined;

  private constructor(little: boolean, units: number) {
    this.#little = little;
    this.#units = units;
  }

  /** @param magic the file's first four bytes, big endian @returns undefined for another format */
  static recognise(magic: number): PcapFormat | undefined {
    const view = new DataView(new ArrayBuffer(4));
    view.setUint32(0, magic);
    for (const little of [false, true]) {
      const units = MAGICS.get(view.getUint32(0, little));
      if (units !== undefined) return new PcapFormat(little, units);
    }
    return undefined;
  }

  *read(queue: ByteQueue): Generator<CapturedPacket> {
    if (this.#linkType === undefined) {
      const header = queue.peek(FILE_HEADER);
      if (header === undefined) return;
      this.#linkType = header.getUint32(20, this.#little) & LINK_TYPE_MASK;
      queue.skip(FILE_HEADER);
    }
    for (;;) {
      const head = queue.peek(PACKET_HEADER);
      if (head === undefined) return;
      const captured = head.getUint32(8, this.#little);
      if (captured > MAX_PACKET)
        throw new CaptureError(`byte ${queue.position}: a packet of ${captured} bytes; the file is damaged`);
      const packet = queue.peek(PACKET_HEADER + captured);
      if (packet === undefined) return;
      const bytes = bytesOf(packet, PACKET_HEADER, captured);
      queue.skip(PACKET_HEADER + captured);
      yield {
        time: head.getUint32(0, this.#little) * 1000 + head.getUint32(4, this.#little) / this.#units,
        linkType: this.#linkType,
        interface: 0,
        bytes,
        cut: head.getUint32(12, this.#little) > captured,
      };
    }
  }
}
