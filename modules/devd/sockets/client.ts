import { type Libc, type MessageBatch, type Poller, SOCK_SEQPACKET, SystemError } from '../../libc/index.js';

const HEADER = 64; // struct mmsghdr

/** One connection. */
export class Client {
  readonly fd: number;
  readonly name: string;
  /** -1 where the kernel does not say. */
  readonly uid: number;
  /** The how manieth client it is that was served; 0 while it waits. */
  number = 0;
  /** Reports when the other side has closed. */
  watch: Poller | undefined;
  readonly #libc: Libc;
  readonly #isPacket: boolean;

  constructor(libc: Libc, fd: number, type: number) {
    const peer = libc.credentials(fd);
    this.fd = fd;
    this.uid = peer?.uid ?? -1;
    this.#libc = libc;
    this.#isPacket = type === SOCK_SEQPACKET;
    this.name = peer === undefined ? 'a client' : `the client with pid ${peer.pid}, uid ${peer.uid}`;
  }

  /**
   * Sends all records of a batch or fails; nothing is kept for later.
   * @returns why it failed: `slow`, or the name of the error
   */
  send(batch: MessageBatch): string | undefined {
    try {
      const isSent = this.#isPacket ? this.#sendPackets(batch) : this.#sendStream(batch);
      return isSent ? undefined : 'slow';
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      return error.code === 'EAGAIN' ? 'slow' : error.code;
    }
  }

  close(): void {
    this.watch?.[Symbol.dispose]();
    this.#libc.close(this.fd);
  }

  /** sendmmsg(2) stops before a packet that does not fit, and fails if that is the first. */
  #sendPackets({ headers, count }: MessageBatch): boolean {
    for (let sent = 0; sent < count; ) {
      sent += this.#libc.sendmmsg(this.fd, headers.subarray(sent * HEADER), count - sent);
    }
    return true;
  }

  #sendStream({ bytes, length }: MessageBatch): boolean {
    return this.#libc.send(this.fd, bytes, length) === length;
  }
}
