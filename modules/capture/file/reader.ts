import { CaptureError } from '../errors.js';
import type { CapturedPacket } from '../packet.js';
import { ByteQueue } from './byte-queue.js';
import type { CaptureFormat } from './format.js';
import { PcapFormat } from './pcap.js';
import { PcapngFormat, SECTION_HEADER } from './pcapng.js';

/**
 * Reads a capture file, pcap or pcapng, from its bytes as they come. Holds one packet at most, however long the file is and
 * whatever lengths it claims.
 *
 * Why not a package: those on npm that read a capture without a compiler (pcap-parser 0.2.1, pcap-ng-parser 1.0.0) have had
 * no release for years, carry no types, know one format each, and trust the lengths in the file.
 */
export class CaptureReader {
  readonly #queue = new ByteQueue();
  #format: CaptureFormat | undefined;

  /** The packets that this chunk completes. @throws CaptureError ECAPTURE for a file that is none, or damaged */
  *push(chunk: Uint8Array): Generator<CapturedPacket> {
    this.#queue.push(chunk);
    this.#format ??= this.#recognise();
    if (this.#format !== undefined) yield* this.#format.read(this.#queue);
  }

  /** The file has ended. @throws CaptureError ECAPTURE if it ends within a packet, or before its first */
  end(): void {
    if (this.#format === undefined) throw new CaptureError('the file is too short for a capture');
    if (!this.#queue.isEmpty)
      throw new CaptureError(`byte ${this.#queue.position}: the file ends within a packet`);
  }

  #recognise(): CaptureFormat | undefined {
    const magic = this.#queue.peek(4)?.getUint32(0);
    if (magic === undefined) return undefined;
    const format = magic === SECTION_HEADER ? new PcapngFormat() : PcapFormat.recognise(magic);
    if (format !== undefined) return format;
    throw new CaptureError(
      'the file is neither pcap nor pcapng; capture with: tcpdump -i IFACE -w FILE proto 112',
    );
  }
}
