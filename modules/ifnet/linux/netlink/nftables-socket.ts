import { type Libc, NETLINK_NETFILTER } from '../../../libc/index.js';
import * as nl from './constants.js';
import { openToKernel } from './kernel-socket.js';
import { messages, type Request } from './message.js';
import { batchEdges } from './nftables.js';
import { NetlinkError, refusalIn } from './request-socket.js';

/** An acknowledgement each, of at most a hundred bytes: a batch of ours has a dozen requests. */
const ANSWER_BYTES = 8192;

/** Requests to nf_tables, in batches. What is made through it with the flag of an owner goes when it is closed. */
export class NftablesSocket implements Disposable {
  readonly #libc: Libc;
  readonly #fd: number;
  readonly #answer = Buffer.alloc(ANSWER_BYTES);
  #seq = 0;

  /** @throws SystemError EPROTONOSUPPORT where the kernel lacks netfilter */
  constructor(libc: Libc) {
    this.#libc = libc;
    this.#fd = openToKernel(
      libc,
      (fd) => {
        libc.setsockopt(fd, nl.SOL_NETLINK, nl.NETLINK_EXT_ACK, 1);
        libc.setsockopt(fd, nl.SOL_NETLINK, nl.NETLINK_CAP_ACK, 1);
      },
      NETLINK_NETFILTER,
    );
  }

  /**
   * Carries out all of the requests, or none. The kernel has done so, and answered, when send(2) returns.
   *
   * @throws NetlinkError with the kernel's first refusal
   */
  commit(requests: readonly Request[]): void {
    const [begin, end] = batchEdges();
    const batch = Buffer.concat([begin, ...requests, end].map((each) => each.bytes(++this.#seq)));
    this.#libc.send(this.#fd, batch);
    let refusal: NetlinkError | undefined;
    let answers = 0;
    for (;;) {
      const length = this.#libc.recv(this.#fd, this.#answer);
      if (length < 0) break;
      for (const message of messages(this.#answer.subarray(0, Math.min(length, ANSWER_BYTES)))) {
        if (message.type !== nl.NLMSG_ERROR) continue;
        answers++;
        refusal ??= refusalIn(message);
      }
    }
    if (refusal !== undefined) throw refusal;
    if (answers < requests.length) throw new NetlinkError(11, 'the kernel gave no answer');
  }

  [Symbol.dispose](): void {
    this.#libc.close(this.#fd);
  }
}
