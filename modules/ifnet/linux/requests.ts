import type { Libc, Netns } from '../../libc/index.js';
import { explain } from './explain.js';
import { AddressWitness } from './netlink/address-witness.js';
import type { NetlinkMessage, Request } from './netlink/message.js';
import { RequestSocket } from './netlink/request-socket.js';

/** Requests to the kernel's routing netlink in one network namespace; refusals are errors about an interface. */
export class Requests implements Disposable {
  readonly #socket: RequestSocket;

  /** @param options `strict`: the kernel filters dumps by their headers, where it can */
  constructor(
    private readonly libc: Libc,
    private readonly netns: Netns,
    options: { readonly strict?: boolean } = {},
  ) {
    this.#socket = netns.run(() => new RequestSocket(libc, options));
  }

  /**
   * Carries a request out, and passes each answer to `visit`. The answer is complete when the call returns.
   * @param ifname the interface that the request is about; empty if none
   * @param what completes "cannot …" in the message of a refusal
   * @returns false if changes overtook a dump
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

  /** Looks on while addresses are dumped. @throws IfnetError with the errno's name */
  watchAddresses(): AddressWitness {
    try {
      return this.netns.run(() => new AddressWitness(this.libc));
    } catch (error) {
      throw explain(error, '', 'listen for changes of addresses');
    }
  }

  [Symbol.dispose](): void {
    this.#socket[Symbol.dispose]();
  }
}
