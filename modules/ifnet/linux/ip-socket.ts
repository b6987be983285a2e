/**
 * LinuxIpSocket: one IP protocol on one interface. In: a raw socket bound to the interface, filtered in the kernel,
 * read 64 datagrams at a time, one such batch per turn of the event loop so that a flood cannot hold up a timer.
 * Out: see ip-output.ts.
 *
 * A burst is read in few turns: what comes just after a read rests for a moment, so that more can come, because a turn
 * of the event loop costs more than reading a packet (network drivers do the same with interrupts). What comes alone is
 * read at once, and `drain` reads what rests.
 *
 * Re-entry: `input` may call `drain`, `send`, `setFilter` or dispose of the socket; packets keep their order.
 */
import type { Callout } from '../../../core/index.js';
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

/** More than a receive buffer of the default size holds; a flood cannot keep `drain` reading for ever. */
const DRAIN_LIMIT = 8192;
const RECEIVE_BUFFER = 1 << 20;
/** Milliseconds after a read in which what comes is of the same burst. */
const BURST = 2;
/** Milliseconds for which it rests. */
const REST = 1;

export class LinuxIpSocket implements IpSocket {
  readonly #raw: RawSocket;
  readonly #output: IpOutput;
  readonly #reader: PacketReader;
  readonly #pending: IpPacket[] = [];
  readonly #rest: Callout;
  #readAt = Number.NEGATIVE_INFINITY;
  /** The last read filled the ring: there is more than rest would gather. */
  #full = false;
  #closed = false;

  constructor(
    private readonly services: LinuxServices,
    private readonly ifp: Ifnet,
    private readonly opts: IpSocketOptions,
    private onClose: () => void,
  ) {
    const { family, protocol, broadcast = false } = opts;
    this.#reader = new PacketReader(family);
    this.#rest = services.clock.callout(`${ifp.name} receive`, () => this.#rested());
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
    if (!this.ifp.attached) throw new IfnetError('ENXIO', this.ifp.name, 'the interface is gone');
    this.#output.send(payload, to);
  }

  setFilter(filter: PacketFilter | undefined): void {
    try {
      options.attachFilter(this.services.libc, this.#raw.fd, this.opts.family, filter);
    } catch (error) {
      throw explain(error, this.ifp.name, 'set a packet filter');
    }
  }

  drain(): void {
    this.#deliver();
    for (let left = DRAIN_LIMIT; left > 0 && !this.#closed; ) {
      const count = this.#read(Math.min(left, this.services.ring.count));
      if (count === 0) return;
      left -= count;
    }
  }

  [Symbol.dispose](): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#pending.length = 0;
    this.#rest.stop();
    this.#raw[Symbol.dispose]();
    this.#output[Symbol.dispose]();
    this.onClose();
  }

  #setUp(): void {
    const { libc } = this.services;
    const { family, groups = [], filter, broadcast } = this.opts;
    const { fd } = this.#raw;
    try {
      options.bindToDevice(libc, fd, this.ifp.name);
      libc.setReceiveBuffer(fd, RECEIVE_BUFFER);
      options.onlyOwnGroups(libc, fd, family);
      if (family === 6) options.wantPacketInfo(libc, fd, family);
      if (broadcast && family === 4) options.allowBroadcast(libc, fd);
      if (filter !== undefined) options.attachFilter(libc, fd, family, filter);
      // What came before the socket was bound and filtered is of other interfaces.
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
    if (this.#full || now - this.#readAt > BURST) return this.#take(now);
    this.#raw.pause(true);
    this.#rest.reset(REST);
  }

  #rested(): void {
    this.#raw.pause(false);
    this.#take(this.services.clock.now());
  }

  #take(now: number): void {
    this.#readAt = now;
    const { count } = this.services.ring;
    this.#full = this.#read(count) === count;
  }

  /** Reads up to `limit` datagrams and delivers them. Returns how many there were. */
  #read(limit: number): number {
    const { ring } = this.services;
    const count = this.#receive(limit);
    for (let slot = 0; slot < count; slot++) {
      const packet = this.#reader.read(ring, slot);
      if (packet !== undefined) this.#pending.push(packet);
    }
    this.#deliver();
    return count;
  }

  #receive(limit: number): number {
    try {
      return this.services.ring.read(this.#raw.fd, limit);
    } catch (error) {
      // A pending error of the socket (ENETDOWN …) is told once and cleared by the read.
      this.opts.error?.(explain(error, this.ifp.name, 'receive') as IfnetError);
      return 0;
    }
  }

  #deliver(): void {
    for (let packet = this.#pending.shift(); packet !== undefined; packet = this.#pending.shift()) {
      this.opts.input(packet);
    }
  }

  #failed(cause: Error): void {
    if (this.#closed) return;
    const message = 'the raw socket was closed by an error of its poller; open it again';
    this[Symbol.dispose]();
    this.opts.error?.(new IfnetError('EIO', this.ifp.name, message, { cause }));
  }
}
