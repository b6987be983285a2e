import type { Clock } from '../../../core/time/index.js';
import {
  type IfAddress,
  IfnetError,
  type IfnetState,
  type InetAddress,
  type IpDestination,
  type LleEvent,
} from '../index.js';
import { Addressing } from './addressing.js';
import type { LanHost } from './host.js';
import type { Lan } from './lan.js';
import { type Neighbour, NeighbourCache } from './neighbours.js';
import type { LanPort, LanStation } from './port.js';
import { LanStack } from './stack.js';

/** What an interface tells its driver, as a kernel tells its listeners. */
export interface NicListener {
  stateChanged(state: IfnetState): void;
  addressSet(address: IfAddress): void;
  addressUnset(address: IfAddress): void;
  neighbourEvent(neighbour: Neighbour, event: LleEvent): void;
}

export interface NicOptions {
  readonly index: number;
  readonly name: string;
  readonly lladdr: Uint8Array;
  readonly mtu: number;
  readonly up: boolean;
  /** The name of its port on the segment. */
  readonly port: string;
}

/**
 * The interface as it really is: its card, its cable and the part of the host's kernel behind it. `LanIfnet` shows
 * what handlers have been told of it so far, which lags while handlers run; this does not.
 */
export class LanNic implements LanHost, LanStation, Disposable {
  readonly clock: Clock;
  readonly port: LanPort;
  readonly addressing: Addressing;
  readonly neighbours: NeighbourCache;
  readonly stack: LanStack;
  readonly index: number;
  name: string;
  lladdr: Uint8Array;
  mtu: number;
  up: boolean;
  /** Pulled out for good. */
  gone = false;
  listener: NicListener | undefined;

  constructor(lan: Lan, { index, name, lladdr, mtu, up, port }: NicOptions) {
    this.clock = lan.clock;
    this.index = index;
    this.name = name;
    this.lladdr = lladdr;
    this.mtu = mtu;
    this.up = up;
    this.addressing = new Addressing(this);
    this.neighbours = new NeighbourCache(this);
    this.stack = new LanStack(this);
    this.port = lan.connect(port, this);
  }

  get running(): boolean {
    return this.up && this.port.carrier;
  }

  state(): IfnetState {
    const { index, name, lladdr, mtu, up, running } = this;
    return {
      index,
      name,
      type: 'ether',
      lladdr,
      mtu,
      flags: { up, running, loopback: false, multicast: true, noarp: false, promisc: false, broadcast: true },
      linkState: running ? 'UP' : 'DOWN',
      groups: new Set(),
      promiscuity: 0,
    };
  }

  /** Changes what is given, tells the listener once; a lost link or a new address empties the neighbour cache. */
  change(to: { name?: string; lladdr?: Uint8Array; mtu?: number; up?: boolean }): void {
    const wasUp = this.up;
    Object.assign(this, to);
    this.listener?.stateChanged(this.state());
    if (to.lladdr !== undefined || to.up === false) this.neighbours.flush();
    // Linux reports the link before it removes the IPv6 addresses (dev_close, then addrconf_ifdown).
    if (wasUp && !this.up) this.addressing.interfaceDown();
  }

  carrierChanged(carrier: boolean): void {
    this.listener?.stateChanged(this.state());
    if (!carrier) this.neighbours.flush();
  }

  receive(frame: Uint8Array): void {
    if (this.up) this.stack.input(frame);
  }

  /** For the kernel's own packets: an interface that is down loses them. */
  output(frame: Uint8Array): void {
    if (!this.up) return;
    this.stack.counters.output++;
    this.port.transmit(frame);
  }

  /** For packets that a program sends. Throws IfnetError. */
  sendIp(payload: Uint8Array, protocol: number, to: IpDestination, mayBroadcast: boolean): void {
    this.assertUp();
    this.stack.send(payload, protocol, to, mayBroadcast);
  }

  assertUp(): void {
    if (!this.up) throw new IfnetError('ENETDOWN', this.name, 'the interface is down');
  }

  solicit(address: InetAddress): void {
    if (address.family === 4) this.stack.arp.solicit(address);
    else this.stack.nd.solicit(address);
  }

  probe(address: InetAddress): void {
    this.stack.nd.probe(address);
  }

  addressSet(address: IfAddress): void {
    this.listener?.addressSet(address);
  }

  addressUnset(address: IfAddress): void {
    this.listener?.addressUnset(address);
  }

  neighbourEvent(neighbour: Neighbour, event: LleEvent): void {
    this.listener?.neighbourEvent(neighbour, event);
  }

  /** Pulls the card out. */
  [Symbol.dispose](): void {
    this.gone = true;
    this.listener = undefined;
    this.up = false;
    for (const socket of this.stack.sockets) socket[Symbol.dispose]();
    this.neighbours[Symbol.dispose]();
    this.addressing[Symbol.dispose]();
    this.port[Symbol.dispose]();
  }
}
