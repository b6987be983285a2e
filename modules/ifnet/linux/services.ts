import type { Clock } from '../../../core/index.js';
import { type Libc, MessageRing, type Netns, SOCKADDR_IN6, SystemError } from '../../libc/index.js';
import { type Claimant, HostSettings, type Ifnet, IfnetError } from '../index.js';
import { Claims } from './claims.js';
import { explain } from './explain.js';
import { Moderation } from './moderation.js';
import { probeProtocol } from './netlink/address.js';
import type { NetlinkMessage } from './netlink/message.js';
import { PacketSocket } from './packet-socket.js';
import type { RawSockets } from './raw-sockets.js';
import type { Renewals } from './renewals.js';
import type { Requests } from './requests.js';
import { LinuxRouting } from './routing.js';
import { SysctlFiles } from './sysctl-files.js';
import { Unaccepted } from './unaccepted.js';

/** Index 0 is no interface's. */
const NO_INTERFACE = 0;
/**
 * The longest packet of a protocol here is VRRP's with 255 addresses of IPv6: 4,088 bytes, on a network with long frames. Not
 * a power of 2, for the slots would share one set of the processor's cache.
 */
const SLOT_SIZE = 4096 + 64;

/** The reading side, as seen by whatever makes changes. */
export interface Reports {
  /** Reads the reports of a change just made. */
  catchUp(): void;
  /**
   * Handles the answer to a request as if the kernel had reported it. Not while handlers run: it would overtake reports, or a
   * dump that is being compared, which know less. The kernel's own report comes later.
   */
  handle(message: NetlinkMessage): void;
  /**
   * The interface of that name, as the kernel has it now. If the table lacks it, it arrives now, or after the current
   * event.
   * @throws IfnetError
   */
  lookUp(name: string): Ifnet;
}

/** What a LinuxServices is made of. */
export interface LinuxServicesParts {
  readonly libc: Libc;
  readonly netns: Netns;
  readonly clock: Clock;
  readonly requests: Requests;
  readonly rawSockets: RawSockets;
  readonly reports: Reports;
  readonly renewals: Renewals;
}

/** What the interfaces and sockets of one driver share. */
export class LinuxServices implements Disposable {
  readonly libc: Libc;
  readonly netns: Netns;
  readonly clock: Clock;
  readonly requests: Requests;
  readonly rawSockets: RawSockets;
  readonly reports: Reports;
  readonly renewals: Renewals;
  readonly sysctls: SysctlFiles;
  readonly settings = new HostSettings();
  readonly routing: LinuxRouting;
  readonly unaccepted: Unaccepted;
  /** For IP and link sockets: 64 datagrams with sender and control data. Users copy what they keep before the next read. */
  readonly ring: MessageRing;
  readonly moderation: Moderation;
  readonly #claims: Claims;
  #notesProtocols: boolean | undefined;
  #packets: PacketSocket | undefined;

  constructor({ libc, netns, clock, requests, rawSockets, reports, renewals }: LinuxServicesParts) {
    this.libc = libc;
    this.netns = netns;
    this.clock = clock;
    this.requests = requests;
    this.rawSockets = rawSockets;
    this.reports = reports;
    this.renewals = renewals;
    this.sysctls = new SysctlFiles(netns);
    this.routing = new LinuxRouting(libc, netns, requests);
    this.unaccepted = new Unaccepted(libc, netns);
    this.moderation = new Moderation(clock);
    this.#claims = new Claims(libc, clock);
    this.ring = new MessageRing(libc, { count: 64, size: SLOT_SIZE, name: SOCKADDR_IN6, control: 128 });
  }

  /** Whether the kernel notes which program put an address on an interface: it is asked once. */
  get notesProtocols(): boolean {
    this.#notesProtocols ??= this.#asked();
    return this.#notesProtocols;
  }

  /** Claims a name in the network namespace. @returns undefined while another holds it */
  claim(name: string): Disposable | undefined {
    return this.netns.run(() => this.#claims.claim(name));
  }

  /** The process that holds a name in the network namespace. */
  claimant(name: string): Claimant | undefined {
    return this.netns.run(() => this.#claims.claimant(name));
  }

  /** Sends a whole frame. @throws IfnetError ENETDOWN, ENXIO, ENOBUFS, EMSGSIZE … */
  transmit(ifp: Ifnet, frame: Uint8Array): void {
    try {
      this.#packetSocket.transmit(ifp.index, frame);
    } catch (error) {
      throw explain(error, ifp.name, 'send');
    }
  }

  /** Goes the way of `transmit` up to the kernel, which finds no interface to send on. */
  rehearse(frame: Uint8Array): void {
    try {
      this.#packetSocket.transmit(NO_INTERFACE, frame);
    } catch (error) {
      // ENXIO, in all likelihood; what else there is shows when something is sent.
      if (!(error instanceof SystemError)) throw error;
    }
  }

  [Symbol.dispose](): void {
    this.moderation[Symbol.dispose]();
    this.#packets?.[Symbol.dispose]();
    this.unaccepted[Symbol.dispose]();
    this.#claims[Symbol.dispose]();
  }

  get #packetSocket(): PacketSocket {
    return (this.#packets ??= this.netns.run(() => new PacketSocket(this.libc)));
  }

  #asked(): boolean {
    try {
      this.requests.request('', 'ask whether it notes protocols', probeProtocol());
    } catch (error) {
      if (!(error instanceof IfnetError)) throw error;
      // EPERM: a process that may not change addresses. What it believes has no effect.
      return error.code !== 'EINVAL';
    }
    return true;
  }
}
