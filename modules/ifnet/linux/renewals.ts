import { errnoName, type Libc, type Netns, SystemError } from '../../libc/index.js';
import { type AddressReport, parseAddress } from './netlink/address.js';
import { NLMSG_ERROR } from './netlink/constants.js';
import { openToKernel } from './netlink/kernel-socket.js';
import { messages } from './netlink/message.js';

/** As many bytes of requests go to the kernel at once: some 100, which it carries out in less than a slice of work. */
const BATCH_BYTES = 8192;
/** Refusals are short. */
const ANSWER_BYTES = 4096;
/** In a refusal the whole request, header included, follows the errno. */
const ERRNO = 4;

/**
 * Renewals of addresses: requests that go to the kernel together, and that nothing waits for. The kernel carries them out
 * inside send(2), and answers only what it refuses.
 */
export class Renewals implements Disposable {
  readonly #batch = Buffer.alloc(BATCH_BYTES);
  readonly #answer = Buffer.alloc(ANSWER_BYTES);
  #length = 0;
  /** Opened with the first renewal. */
  #fd: number | undefined;

  /** @param refused called with what goes wrong: an errno's name, and the address, if it is about one */
  constructor(
    private readonly libc: Libc,
    private readonly netns: Netns,
    private readonly refused: (code: string, of?: AddressReport) => void,
  ) {}

  /** @param request a whole message, which asks for no acknowledgement */
  queue(request: Uint8Array): void {
    if (this.#length + request.length > BATCH_BYTES) this.flush();
    if (this.#length === 0) queueMicrotask(() => this.flush());
    this.#batch.set(request, this.#length);
    this.#length += request.length;
  }

  /** Sends what is queued: before an address is removed, which a renewal that comes later would add again. */
  flush(): void {
    if (this.#length === 0) return;
    const length = this.#length;
    this.#length = 0;
    try {
      this.#fd ??= this.netns.run(() => openToKernel(this.libc));
      this.libc.send(this.#fd, this.#batch, length);
      this.#readRefusals(this.#fd);
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      this.refused(error.code);
    }
  }

  [Symbol.dispose](): void {
    this.#length = 0;
    if (this.#fd !== undefined) this.libc.close(this.#fd);
    this.#fd = undefined;
  }

  #readRefusals(fd: number): void {
    for (;;) {
      const length = this.libc.recv(fd, this.#answer);
      if (length < 0) return;
      for (const { type, body } of messages(this.#answer.subarray(0, Math.min(length, ANSWER_BYTES)))) {
        if (type !== NLMSG_ERROR) continue;
        const [request] = messages(body.subarray(ERRNO));
        this.refused(errnoName(-body.readInt32LE(0)), request && parseAddress(request));
      }
    }
  }
}
