import { type Libc, SystemError } from '../../../libc/index.js';
import * as nl from './constants.js';
import { openToKernel } from './kernel-socket.js';
import { attributes, cString, messages, type NetlinkMessage, type Request } from './message.js';

/** A request that the kernel refused, with the kernel's own reason if it gave one. */
export class NetlinkError extends SystemError {
  constructor(
    errno: number,
    readonly reason: string | undefined,
  ) {
    super('netlink', errno);
  }
}

/**
 * Requests to the kernel's routing netlink. Each is answered before `request` returns: the kernel carries it out inside
 * send(2), and queues the acknowledgement, or the first part of a dump, before that call returns.
 */
export class RequestSocket implements Disposable {
  readonly #fd: number;
  // The kernel makes the parts of a dump as long as the longest read so far, up to 32 KiB: a long buffer saves calls.
  readonly #buffer = Buffer.alloc(65536);
  #seq = 0;

  constructor(
    private readonly libc: Libc,
    { strict = false }: { readonly strict?: boolean } = {},
  ) {
    this.#fd = openToKernel(libc, (fd) => {
      libc.setsockopt(fd, nl.SOL_NETLINK, nl.NETLINK_EXT_ACK, 1);
      libc.setsockopt(fd, nl.SOL_NETLINK, nl.NETLINK_CAP_ACK, 1);
      if (strict) setStrict(libc, fd);
    });
  }

  /**
   * Carries the request out and passes each answer to `visit`.
   * @returns false if changes overtook a dump (NLM_F_DUMP_INTR)
   * @throws NetlinkError if the kernel refuses, or breaks a dump off
   */
  request(request: Request, visit?: (message: NetlinkMessage) => void): boolean {
    const seq = ++this.#seq;
    this.libc.send(this.#fd, request.bytes(seq));
    let consistent = true;
    for (;;) {
      const length = this.libc.recv(this.#fd, this.#buffer);
      if (length < 0) throw new NetlinkError(11, 'the kernel gave no answer');
      if (length > this.#buffer.length) throw new NetlinkError(90, 'an answer longer than 64 KiB');
      for (const message of messages(this.#buffer.subarray(0, length))) {
        if (message.seq !== seq) continue;
        if (message.flags & nl.NLM_F_DUMP_INTR) consistent = false;
        if (message.type !== nl.NLMSG_ERROR && message.type !== nl.NLMSG_DONE) {
          visit?.(message);
          continue;
        }
        const refusal = refusalIn(message);
        if (refusal !== undefined) throw refusal;
        return consistent;
      }
    }
  }

  [Symbol.dispose](): void {
    this.libc.close(this.#fd);
  }
}

/** What an NLMSG_ERROR, or the NLMSG_DONE of a dump, says; undefined: the request was carried out. */
export function refusalIn(message: NetlinkMessage): NetlinkError | undefined {
  const errno = -message.body.readInt32LE(0);
  return errno === 0 ? undefined : new NetlinkError(errno, extendedReason(message));
}

/** Attributes follow the error (NLM_F_ACK_TLVS), in an NLMSG_ERROR behind the request's header (NETLINK_CAP_ACK). */
function extendedReason({ type: kind, flags, body }: NetlinkMessage): string | undefined {
  if ((flags & nl.NLM_F_ACK_TLVS) === 0) return undefined;
  let reason: string | undefined;
  attributes(body, kind === nl.NLMSG_ERROR ? 20 : 4, (type, value) => {
    if (type === nl.NLMSGERR_ATTR_MSG) reason = cString(value);
  });
  return reason;
}

/** Linux before 4.20 lacks it: then dumps are whole. */
function setStrict(libc: Libc, fd: number): void {
  try {
    libc.setsockopt(fd, nl.SOL_NETLINK, nl.NETLINK_GET_STRICT_CHK, 1);
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
  }
}
