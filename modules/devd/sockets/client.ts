import type { Poller } from '../../ifnet/linux/index.js';
import type { RecordBatch } from './batch.js';
import { EAGAIN, errnoName, type Libc, SOCK_SEQPACKET } from './libc.js';

const HEADER = 64; // struct mmsghdr

/** One connection. */
export class Client {
  readonly fd: number;
  readonly name: string;
  /** Tells when the other side has closed. */
  watch: Poller | undefined;
  readonly #libc: Libc;
  readonly #isPacket: boolean;

  constructor(libc: Libc, fd: number, type: number) {
    const peer = libc.credentials(fd);
    this.fd = fd;
    this.#libc = libc;
    this.#isPacket = type === SOCK_SEQPACKET;
    this.name = peer === undefined ? 'a client' : `the client with pid ${peer.pid}, uid ${peer.uid}`;
  }

  /**
   * Sends all records of a batch, or fails: what cannot be sent at once is not sent later.
   * @returns why it failed: `slow`, or the name of the error
   */
  send(batch: RecordBatch): string | undefined {
    const result = this.#isPacket ? this.#sendPackets(batch) : this.#sendStream(batch);
    if (result === undefined) return undefined;
    if (result === EAGAIN) return 'slow';
    return errnoName(result);
  }

  close(): void {
    this.watch?.[Symbol.dispose]();
    this.#libc.close(this.fd);
  }

  #sendPackets(batch: RecordBatch): number | undefined {
    let sent = this.#libc.sendmmsg(this.fd, batch.headers, batch.count);
    // It stops before the packet that does not fit, and gives the reason only when that is the first.
    while (sent >= 0 && sent < batch.count) {
      const more = this.#libc.sendmmsg(this.fd, batch.headers.subarray(sent * HEADER), batch.count - sent);
      sent = more < 0 ? more : sent + more;
    }
    return sent < 0 ? -sent : undefined;
  }

  #sendStream(batch: RecordBatch): number | undefined {
    const sent = this.#libc.send(this.fd, batch.bytes, batch.length);
    if (sent < 0) return -sent;
    return sent < batch.length ? EAGAIN : undefined;
  }
}
