/**
 * What the parts of the driver share: the kernel's calls, one request socket, one packet socket, one receive ring.
 * One per loaded driver.
 */
import type { Clock } from '../../../core/index.js';
import { type Libc, MessageRing, type Netns, SOCKADDR_IN6, SystemError } from '../../libc/index.js';
import { HostSettings, type Ifnet, IfnetError } from '../index.js';
import type { NetlinkMessage, Request } from './netlink/message.js';
import { NetlinkError, RequestSocket } from './netlink/request-socket.js';
import { PacketSocket } from './packet-socket.js';
import { SysctlFiles } from './sysctl-files.js';

/** The reading side, as those who make changes see it. */
export interface Reports {
  /** Reads what a change just made has caused. */
  catchUp(): void;
  /** Takes a message that the kernel gave as an answer for one that it reported. */
  handle(message: NetlinkMessage): void;
  /** The interface of that name, as the kernel has it now: in the table, or to be there after this event. Throws IfnetError. */
  lookUp(name: string): Ifnet;
}

export class Host implements Disposable {
  readonly sysctls: SysctlFiles;
  readonly settings = new HostSettings();
  /** For IP sockets: 64 datagrams with sender and control data. Each read is copied out before the next. */
  readonly ring: MessageRing;
  readonly #requests: RequestSocket;
  #packets: PacketSocket | undefined;
  /** Who deals with the kernel's reports; set by the driver. */
  reports: Reports = {
    catchUp: () => {},
    handle: () => {},
    lookUp: (name) => {
      throw new IfnetError('ENODEV', name, 'nobody reads reports');
    },
  };

  constructor(
    readonly libc: Libc,
    readonly netns: Netns,
    readonly clock: Clock,
  ) {
    this.sysctls = new SysctlFiles(netns);
    this.ring = new MessageRing(libc, { count: 64, size: 2048, name: SOCKADDR_IN6, control: 128 });
    this.#requests = netns.run(() => new RequestSocket(libc));
  }

  /** Carries a request out. `what` completes "cannot …" in the error's message. */
  request(
    ifname: string,
    what: string,
    request: Request,
    visit?: (message: NetlinkMessage) => void,
  ): boolean {
    try {
      return this.#requests.request(request, visit);
    } catch (error) {
      throw explain(error, ifname, what);
    }
  }

  transmit(ifp: Ifnet, frame: Uint8Array): void {
    try {
      this.#packets ??= this.netns.run(() => new PacketSocket(this.libc));
      this.#packets.transmit(ifp.index, frame);
    } catch (error) {
      throw explain(error, ifp.name, 'send');
    }
  }

  [Symbol.dispose](): void {
    this.#packets?.[Symbol.dispose]();
    this.#requests[Symbol.dispose]();
    this.netns[Symbol.dispose]();
  }
}

const REMEDIES: Record<string, string> = {
  EPERM: 'it needs root, or the capabilities CAP_NET_ADMIN and CAP_NET_RAW',
  EACCES: 'it needs root, or the capabilities CAP_NET_ADMIN and CAP_NET_RAW',
  ENETDOWN: 'the interface is down',
  ENODEV: 'there is no such interface any more',
  ENXIO: 'there is no such interface any more',
  EEXIST: 'it is there already',
  EBUSY: 'something uses the interface, a bridge for instance',
  EADDRNOTAVAIL: 'it is not there',
  EADDRINUSE: 'something else on the same interface has that address, another macvlan for instance',
};

/** A failed system call as an error about an interface, with the kernel's own reason where it gave one. */
export function explain(error: unknown, ifname: string, what: string): unknown {
  if (!(error instanceof SystemError)) return error;
  const reason = (error instanceof NetlinkError ? error.reason : undefined) ?? REMEDIES[error.code];
  const detail = reason === undefined ? error.code : `${reason} (${error.code})`;
  return new IfnetError(error.code, ifname, `cannot ${what}: ${detail}`, { cause: error });
}
