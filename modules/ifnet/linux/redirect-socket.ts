import {
  AF_INET,
  AF_INET6,
  attachProgram,
  encodeProgram,
  IPPROTO_ICMP,
  IPPROTO_ICMPV6,
  Poller,
  SOCK_NONBLOCK,
  SOCK_RAW,
  SystemError,
} from '../../libc/index.js';
import { InetAddress, type IpPacket } from '../index.js';
import { compileFilter } from './bpf.js';
import { explain } from './explain.js';
import { arrivalIndex, PacketReader } from './ip-input.js';
import { wantPacketInfo } from './ip-options.js';
import { getRoute, parseRoute } from './netlink/route.js';
import type { LinuxServices } from './services.js';

const ICMP_REDIRECT = 5;
const ND_REDIRECT = 137;
const MAX_BATCH = 16;

/** A redirect that the kernel has obeyed. */
export interface RedirectReport {
  readonly index: number;
  readonly destination: InetAddress;
  readonly gateway: InetAddress;
  readonly from: InetAddress;
}

/**
 * Finds redirected routes of one address family. Linux keeps a redirect in an exception of its route, which netlink does
 * not report (since 3.6 for IPv4, 4.15 for IPv6). So this listens to ICMP redirects (RFC 792; RFC 4861 section 4.5) and
 * asks the kernel whether the route to the destination now goes that way because of a redirect. It reports only what the
 * kernel has obeyed, so that a forged redirect has no effect.
 */
export class RedirectSocket implements Disposable {
  readonly #fd: number;
  readonly #poller: Poller;
  readonly #reader: PacketReader;

  /** @throws IfnetError EPERM without CAP_NET_RAW */
  constructor(
    private readonly services: LinuxServices,
    private readonly family: 4 | 6,
    private readonly redirected: (report: RedirectReport) => void,
  ) {
    this.#reader = new PacketReader(family);
    try {
      this.#fd = this.#open();
      this.#poller = Poller.orClose(services.libc, this.#fd, () => this.#read());
    } catch (error) {
      throw explain(error, '', `open ICMP for IPv${family}`);
    }
  }

  [Symbol.dispose](): void {
    this.#poller[Symbol.dispose]();
    this.services.libc.close(this.#fd);
  }

  #open(): number {
    const { libc, netns } = this.services;
    const [domain, protocol] = this.family === 4 ? [AF_INET, IPPROTO_ICMP] : [AF_INET6, IPPROTO_ICMPV6];
    const setUp = (fd: number): void => {
      const type = this.family === 4 ? ICMP_REDIRECT : ND_REDIRECT;
      const filter = { bytes: [{ offset: 0, mask: 0xff, values: [type] }] };
      attachProgram(libc, fd, encodeProgram(compileFilter(filter, this.family)));
      wantPacketInfo(libc, fd, this.family);
    };
    return netns.run(() => libc.open(domain, SOCK_RAW | SOCK_NONBLOCK, protocol, setUp));
  }

  #read(): void {
    const { ring } = this.services;
    const reports: RedirectReport[] = [];
    const count = this.#receive();
    for (let slot = 0; slot < count; slot++) {
      const packet = this.#reader.read(ring, slot);
      const redirect = packet && parseRedirect(packet);
      if (redirect) reports.push({ index: arrivalIndex(ring, slot), from: packet.source, ...redirect });
    }
    for (const report of reports) if (this.#obeyed(report)) this.redirected(report);
  }

  #receive(): number {
    try {
      return this.services.ring.read(this.#fd, MAX_BATCH);
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      return 0;
    }
  }

  /** If the destination itself is the next hop (RFC 4861 section 8.3), the kernel names it or no gateway. */
  #obeyed({ index, destination, gateway }: RedirectReport): boolean {
    let obeyed = false;
    try {
      this.services.requests.request(
        '',
        `find the route to ${destination.toString()}`,
        getRoute(destination),
        (message) => {
          const route = parseRoute(message);
          const next = route.gateway ?? destination;
          obeyed = route.redirected && route.index === index && next.equals(gateway);
        },
      );
    } catch {
      return false; // no route
    }
    return obeyed;
  }
}

/** The two addresses in a redirect; undefined if the packet is none, or too short. */
export function parseRedirect({
  family,
  payload,
}: IpPacket): Pick<RedirectReport, 'destination' | 'gateway'> | undefined {
  if (family === 4) {
    if (payload.length < 28 || payload[0] !== ICMP_REDIRECT) return undefined;
    // 8 bytes with the gateway, then the header of the misrouted packet, which has its destination at 16.
    return {
      gateway: InetAddress.from(payload.subarray(4, 8)),
      destination: InetAddress.from(payload.subarray(24, 28)),
    };
  }
  if (payload.length < 40 || payload[0] !== ND_REDIRECT) return undefined;
  return {
    gateway: InetAddress.from(payload.subarray(8, 24)),
    destination: InetAddress.from(payload.subarray(24, 40)),
  };
}
