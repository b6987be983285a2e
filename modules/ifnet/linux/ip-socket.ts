import {
  type Ifnet,
  IfnetError,
  type IpDestination,
  type IpPacket,
  type IpSocket,
  type IpSocketOptions,
  type PacketFilter,
} from '../index.js';
import { explain } from './explain.js';
import { PacketReader } from './ip-input.js';
import * as options from './ip-options.js';
import { IpOutput } from './ip-output.js';
import type { RawSocket } from './raw-socket.js';
import type { LinuxServices } from './services.js';

/** Packets that one `drain` reads at most: more than the receive buffer holds, but a flood cannot keep it reading. */
const MAX_DRAIN = 8192;
const RECEIVE_BUFFER = 1 << 20;
/** A packet that arrives so soon after a read belongs to a burst, in milliseconds. */
const BURST_MS = 2;

/** Whether an interface is there: `attached` lags while handlers run. */
type PresentIfnet = Ifnet & { readonly departed: boolean };

/**
 * One IP protocol on one interface. Receives through a raw socket bound to the interface and filtered in the kernel, one
 * batch of 64 datagrams in each turn of the event loop, so that a flood cannot delay timers. Sends through IpOutput.
 *
 * Packets that arrive within 2 ms of a read are batched for 1 ms, because a turn of the event loop costs more than a
 * packet (network drivers coalesce interrupts for the same reason). After a burst of many, as from a peer with hundreds of
 * vhids, the next is batched from its first packet on. A packet that arrives alone is read at once, and `drain` reads
 * what is held back.
 *
 * Re-entry: `input` may call `drain`, `send`, `setFilter` or dispose the socket; packets keep their order.
 */
export class LinuxIpSocket implements IpSocket {
  readonly #raw: RawSocket;
  readonly #output: IpOutput;
  readonly #reader: PacketReader;
  /** The packets that were read, from `#next` to `#filled` those that are still to be delivered. */
  readonly #pending: IpPacket[] = [];
  #next = 0;
  #filled = 0;
  #readAt = Number.NEGATIVE_INFINITY;
  /** The last read filled the ring: more is waiting, so batching would gain nothing. */
  #full = false;
  #closed = false;

  constructor(
    private readonly services: LinuxServices,
    private readonly ifp: PresentIfnet,
    private readonly opts: IpSocketOptions,
    private onClose: () => void,
  ) {
    const { family, protocol, broadcast = false } = opts;
    this.#reader = new PacketReader(family);
    this.#output = new IpOutput(services, ifp, family, protocol, broadcast);
    try {
      this.#raw = services.netns.run(() =>
        services.rawSockets.open({
          family,
          protocol,
          readable: () => this.#readable(),
          failed: (error) => this.#failed(error),
        }),
      );
    } catch (error) {
      throw explain(error, ifp.name, `open IP protocol ${protocol}`);
    }
    this.#setUp();
  }

  send(payload: Uint8Array, to: IpDestination): void {
    if (this.#closed) throw new IfnetError('EBADF', this.ifp.name, 'the socket is closed');
    if (this.ifp.departed) throw new IfnetError('ENXIO', this.ifp.name, 'the interface is gone');
    this.#output.send(payload, to);
  }

  prepare(payload: Uint8Array, to: IpDestination): void {
    if (!this.#closed && !this.ifp.departed) this.#output.prepare(payload, to);
  }

  setFilter(filter: PacketFilter | undefined): void {
    // Another socket may have its descriptor by now.
    if (this.#closed) return;
    try {
      options.attachFilter(this.services.libc, this.#raw.fd, this.opts.family, filter);
    } catch (error) {
      throw explain(error, this.ifp.name, 'set a packet filter');
    }
  }

  drain(): void {
    this.#deliver();
    for (let left = MAX_DRAIN; left > 0 && !this.#closed; ) {
      const count = this.#read(Math.min(left, this.services.ring.count));
      if (count === 0) return;
      left -= count;
    }
  }

  [Symbol.dispose](): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#forget();
    this.#raw[Symbol.dispose]();
    this.#output[Symbol.dispose]();
    this.onClose();
  }

  #setUp(): void {
    const { libc } = this.services;
    const { family, groups = [], filter, broadcast } = this.opts;
    const { fd } = this.#raw;
    try {
      options.bindToInterface(libc, fd, this.ifp);
      libc.setReceiveBuffer(fd, RECEIVE_BUFFER);
      options.onlyOwnGroups(libc, fd, family);
      options.wantArrival(libc, fd);
      if (family === 6) options.wantPacketInfo(libc, fd, family);
      if (broadcast && family === 4) options.allowBroadcast(libc, fd);
      if (filter !== undefined) options.attachFilter(libc, fd, family, filter);
      // What arrived before the socket was bound and filtered is discarded: it may be from other interfaces.
      while (this.services.ring.read(fd) > 0);
      for (const group of groups) options.joinGroup(libc, fd, group, this.ifp.index);
    } catch (error) {
      this.onClose = () => {};
      this[Symbol.dispose]();
      throw explain(error, this.ifp.name, `set up IP protocol ${this.opts.protocol}`);
    }
  }

  #readable(): void {
    const now = this.services.clock.now();
    const alone = now - this.#readAt > BURST_MS && !this.services.moderation.crowded;
    if (this.#full || alone) {
      this.#take(now);
      return;
    }
    this.#raw.pause(true);
    this.services.moderation.rest(() => this.#rested());
  }

  #rested(): number {
    if (this.#closed) return 0;
    this.#raw.pause(false);
    return this.#take(this.services.clock.now());
  }

  /** Reads one batch. Returns how many datagrams there were. */
  #take(now: number): number {
    this.#readAt = now;
    const { count } = this.services.ring;
    const read = this.#read(count);
    this.#full = read === count;
    return read;
  }

  /** Reads up to `limit` datagrams and delivers the packets. Returns how many datagrams there were. */
  #read(limit: number): number {
    const { ring } = this.services;
    const count = this.#receive(limit);
    if (count > 0) this.#reader.begin(this.services.clock.now(), this.services.libc.wallClock());
    for (let slot = 0; slot < count; slot++) {
      const packet = this.#reader.read(ring, slot);
      if (packet !== undefined) this.#pending[this.#filled++] = packet;
    }
    try {
      this.#prefetch();
    } finally {
      // What it throws is told, and holds up no packet.
      this.#deliver();
    }
    return count;
  }

  #prefetch(): void {
    const { prefetch } = this.opts;
    if (prefetch === undefined || this.#filled - this.#next < 2) return;
    for (let i = this.#next; i < this.#filled; i++) prefetch(this.#pending[i]!);
  }

  #receive(limit: number): number {
    try {
      return this.services.ring.read(this.#raw.fd, limit);
    } catch (error) {
      // The read reports a pending error of the socket (ENETDOWN …) once, and clears it.
      this.opts.error?.(explain(error, this.ifp.name, 'receive') as IfnetError);
      return 0;
    }
  }

  #deliver(): void {
    while (this.#next < this.#filled) {
      const packet = this.#pending[this.#next++]!;
      this.opts.input(packet);
      this.#reader.release(packet);
    }
    this.#forget();
  }

  #forget(): void {
    this.#next = 0;
    this.#filled = 0;
  }

  #failed(cause: Error): void {
    if (this.#closed) return;
    const message = 'the raw socket was closed by an error of its poller; open it again';
    this[Symbol.dispose]();
    this.opts.error?.(new IfnetError('EIO', this.ifp.name, message, { cause }));
  }
}
