import { CarpetError } from '../../../core/index.js';
import {
  AF_PACKET,
  attachProgram,
  encodeProgram,
  type Instruction,
  int,
  type Libc,
  MessageRing,
  Poller,
  packetAddress,
  SOCK_NONBLOCK,
  SOCK_RAW,
  SOCKADDR_LL,
  SOL_SOCKET,
  SystemError,
} from '../../libc/index.js';
import { LINKTYPE_ETHERNET } from '../link-layer.js';
import type { CapturedPacket } from '../packet.js';
import { CONTROL_LEN, PACKET_AUXDATA, readControl, SO_TIMESTAMPNS, SOL_PACKET } from './control.js';
import { compileTapFilter, type TapFilter } from './filter.js';

const ETH_P_ALL = 3;
const PACKET_ADD_MEMBERSHIP = 1;
const PACKET_MR_ALLMULTI = 2;
/** Where struct sockaddr_ll has the kind of packet. */
const PKTTYPE = 10;
const PACKET_OUTGOING = 4;
const MAX_BATCH = 64;
/** Longer than what is looked for: what is cut is reported as cut. */
const SNAP_LENGTH = 2048;
const RECEIVE_BUFFER = 1 << 20;

/** What a tap listens to. */
export interface TapOptions {
  readonly libc: Libc;
  /** The interface's number; Ethernet. */
  readonly index: number;
  readonly filter: TapFilter;
  /** Called with each packet, the host's own included; its bytes are valid during the call. */
  readonly packet: (packet: CapturedPacket) => void;
  /** The present time in ms since 1970, for packets without a stamp. */
  readonly wallTime: () => number;
}

/**
 * Listens to an interface without taking part: a packet socket (packet(7)) sees what comes in and what goes out, VLAN tags
 * included that the card takes off. The interface receives all multicast meanwhile; no group is joined, so that a switch
 * with IGMP snooping notices nothing, and forwards nothing that it would not forward anyway.
 */
export class LinuxTap implements Disposable {
  readonly #options: TapOptions;
  readonly #ring: MessageRing;
  readonly #fd: number;
  readonly #poller: Poller;
  #closed = false;

  /** @throws CarpetError EPERM without CAP_NET_RAW; SystemError ENODEV … */
  constructor(options: TapOptions) {
    const { libc, filter } = options;
    this.#options = options;
    this.#ring = new MessageRing(libc, {
      count: MAX_BATCH,
      size: SNAP_LENGTH,
      name: SOCKADDR_LL,
      control: CONTROL_LEN,
    });
    this.#fd = this.#open(compileTapFilter(filter));
    this.#poller = Poller.orClose(libc, this.#fd, () => this.#read());
  }

  /** Sends a frame, whole with its Ethernet header. @throws SystemError */
  send(frame: Uint8Array): void {
    const { libc, index } = this.#options;
    libc.sendto(this.#fd, frame, packetAddress(index, 0));
  }

  [Symbol.dispose](): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#poller[Symbol.dispose]();
    this.#options.libc.close(this.#fd);
  }

  #open(filter: readonly Instruction[]): number {
    const { libc, index } = this.#options;
    const program = encodeProgram(filter);
    try {
      // Bound when its filter is in place: nothing else comes in.
      return libc.open(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK, 0, (fd) => {
        libc.setReceiveBuffer(fd, RECEIVE_BUFFER);
        libc.setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, int(1));
        libc.setsockopt(fd, SOL_PACKET, PACKET_AUXDATA, int(1));
        attachProgram(libc, fd, program);
        libc.setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, membership(index));
        libc.bind(fd, packetAddress(index, ETH_P_ALL));
      });
    } catch (cause) {
      if (!(cause instanceof SystemError) || cause.code !== 'EPERM') throw cause;
      throw new CarpetError('EPERM', 'listening needs root, or the capability CAP_NET_RAW', { cause });
    }
  }

  #read(): void {
    const ring = this.#ring;
    for (let slot = 0, count = this.#receive(); slot < count && !this.#closed; slot++) {
      const start = ring.start(slot);
      const whole = ring.length(slot);
      const { time, vlan } = readControl(ring.control(slot));
      this.#options.packet({
        time: time ?? this.#options.wallTime(),
        linkType: LINKTYPE_ETHERNET,
        interface: this.#options.index,
        bytes: ring.bytes.subarray(start, start + (whole ?? SNAP_LENGTH)),
        cut: whole === undefined,
        vlan,
        outgoing: ring.sender(slot)[PKTTYPE] === PACKET_OUTGOING,
      });
    }
  }

  /** An interface that goes down is reported once, as an error of the next read; what comes after it is up is heard again. */
  #receive(): number {
    try {
      return this.#ring.read(this.#fd);
    } catch (error) {
      if (error instanceof SystemError && error.code === 'ENETDOWN') return 0;
      throw error;
    }
  }
}

/** struct packet_mreq. */
function membership(index: number): Buffer {
  const request = Buffer.alloc(16);
  request.writeInt32LE(index, 0);
  request.writeUInt16LE(PACKET_MR_ALLMULTI, 4);
  return request;
}
