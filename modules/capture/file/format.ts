import type { CapturedPacket } from '../packet.js';
import type { ByteQueue } from './byte-queue.js';

/** The most bytes of one packet: MAXIMUM_SNAPLEN of libpcap, which refuses more too. */
export const MAX_PACKET = 262_144;

/** A capture file's format, once it is known which. */
export interface CaptureFormat {
  /**
   * Takes packets off the queue until it needs more bytes.
   *
   * @throws CaptureError for a file that is damaged
   */
  read(queue: ByteQueue): Iterable<CapturedPacket>;
}

/** The bytes behind a view, from `offset` on. */
export function bytesOf(view: DataView, offset: number, length: number): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset + offset, length);
}
