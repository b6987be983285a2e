import type { Libc, Netns } from '../../libc/index.js';
import { explain } from './explain.js';
import type { NetlinkMessage, Request } from './netlink/message.js';
import { RequestSocket } from './netlink/request-socket.js';

/** Requests to the kernel's routing netlink in one network namespace, each answered before the call returns. */
export class Requests implements Disposable {
  readonly #socket: RequestSocket;

  constructor(libc: Libc, netns: Netns) {
    this.#socket = netns.run(() => new RequestSocket(libc));
  }

  /**
   * Carries a request out, and gives each answering message to `visit`.
   * @param ifname the subject of a refusal, empty where none
   * @param what completes "cannot …" in the message of a refusal
   * @returns false where changes overtook a dump
   * @throws IfnetError with the errno's name
   */
  request(
    ifname: string,
    what: string,
    request: Request,
    visit?: (message: NetlinkMessage) => void,
  ): boolean {
    try {
      return this.#socket.request(request, visit);
    } catch (error) {
      throw explain(error, ifname, what);
    }
  }

  [Symbol.dispose](): void {
    this.#socket[Symbol.dispose]();
  }
}
