import type { Clock } from '../../../core/time/index.js';
import {
  type IfAddress,
  IfnetError,
  type IfnetState,
  InetAddress,
  InetPrefix,
  type IpDestination,
  type LleEvent,
} from '../index.js';
import { Addressing, IPV6_MIN_MTU } from './addressing.js';
import type { FrameReader } from './frame-reader.js';
import type { LanHost } from './host.js';
import type { Lan } from './lan.js';
import { type Neighbour, NeighbourCache } from './neighbours.js';
import type { LanPort, LanStation } from './port.js';
import { LanStack } from './stack.js';
import { LanSysctls } from './sysctls.js';

/** What an interface reports to its driver, as a kernel does to its listeners. */
export interface NicListener {
  stateChanged(state: IfnetState): void;
  addressSet(address: IfAddress): void;
  addressUnset(address: IfAddress): void;
  neighbourEvent(neighbour: Neighbour, event: LleEvent): void;
  /** The interface it sits on departs. */
  parentGone(): void;
}

export interface NicOptions {
  readonly index: number;
  readonly name: string;
  readonly lladdr: Uint8Array;
  readonly mtu: number;
  readonly up: boolean;
  /** Whether it makes itself a link-local IPv6 address whenever it comes up. */
  readonly linkLocal: boolean;
  readonly alias?: string | undefined;
  /** Whether it notes the protocol of an address; default true. */
  readonly notesProtocols?: boolean;
}

/**
 * The interface as it really is: its card, its cable and the part of the host's kernel behind it. `LanIfnet` shows
 * the state as of the event being handled, which lags while handlers run; this does not. A macvlan is a card of
 * its own on the cable of its parent.
 */
export class LanNic implements LanHost, LanStation, Disposable {
  readonly clock: Clock;
  readonly port: LanPort;
  readonly reader: FrameReader;
  readonly addressing: Addressing;
  readonly neighbours: NeighbourCache;
  readonly stack: LanStack;
  readonly sysctls = new LanSysctls(() => this.name);
  readonly index: number;
  readonly #linkLocal: boolean;
  readonly alias: string | undefined;
  readonly notesProtocols: boolean;
  /** Linux does not report an alias before the interface is first up. */
  #aliasReported = false;
  name: string;
  lladdr: Uint8Array;
  mtu: number;
  up: boolean;
  /** Pulled out for good. */
  gone = false;
  listener: NicListener | undefined;
  readonly #parent: LanNic | undefined;
  readonly #macvlans = new Set<LanNic>();

  /** `cable`: a segment and the name of its new port, or the interface that a macvlan sits on. */
  constructor(
    { index, name, lladdr, mtu, up, linkLocal, alias, notesProtocols = true }: NicOptions,
    cable: { readonly lan: Lan; readonly port: string } | LanNic,
  ) {
    this.index = index;
    this.name = name;
    this.lladdr = lladdr;
    this.mtu = mtu;
    this.up = up;
    this.#linkLocal = linkLocal;
    this.alias = alias;
    this.notesProtocols = notesProtocols;
    this.addressing = new Addressing(this);
    this.#parent = cable instanceof LanNic ? cable : undefined;
    const { clock, reader } = cable instanceof LanNic ? cable : cable.lan;
    this.clock = clock;
    this.reader = reader;
    this.neighbours = new NeighbourCache(this);
    this.stack = new LanStack(this);
    this.port = cable instanceof LanNic ? cable.port : cable.lan.connect(cable.port, this);
    if (this.#parent !== undefined) this.#parent.#macvlans.add(this);
  }

  get running(): boolean {
    return this.up && this.#carrier;
  }

  get #carrier(): boolean {
    return this.#parent === undefined ? this.port.carrier : this.#parent.running;
  }

  state(): IfnetState {
    const { index, name, lladdr, mtu, up, running, alias } = this;
    this.#aliasReported ||= up;
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
      ...(this.#parent === undefined ? {} : { kind: 'macvlan' }),
      ...(alias === undefined || !this.#aliasReported ? {} : { alias }),
    };
  }

  /** Changes what is given, with one report; a lost link or a new address empties the neighbour cache. */
  change(to: { name?: string; lladdr?: Uint8Array; mtu?: number; up?: boolean }): void {
    const wasUp = this.up;
    Object.assign(this, to);
    this.listener?.stateChanged(this.state());
    if (to.lladdr !== undefined || to.up === false) this.neighbours.flush();
    // Linux reports the link before it removes the IPv6 addresses (dev_close, then addrconf_ifdown).
    if (wasUp && !this.up) this.addressing.interfaceDown();
    if (to.mtu !== undefined) this.addressing.mtuChanged();
    if (!wasUp && this.up) this.cameUp();
    if (wasUp !== this.up) this.#carryOver();
  }

  /** A macvlan has a carrier while its parent runs. */
  #carryOver(): void {
    for (const macvlan of this.#macvlans) macvlan.carrierChanged(this.running);
  }

  cameUp(): void {
    this.addressing.interfaceUp();
    if (this.#linkLocal && this.mtu >= IPV6_MIN_MTU) this.#addLinkLocal();
  }

  /** fe80::/64 and the modified EUI-64 of the link-layer address (RFC 4291 appendix A), after DAD. */
  #addLinkLocal(): void {
    const [a, b, c, d, e, f] = this.lladdr as unknown as [number, number, number, number, number, number];
    const address = InetAddress.from([0xfe, 0x80, 0, 0, 0, 0, 0, 0, a ^ 2, b, c, 0xff, 0xfe, d, e, f]);
    if (this.addressing.find(address) === undefined) this.addressing.add(new InetPrefix(address, 64));
  }

  carrierChanged(carrier: boolean): void {
    this.listener?.stateChanged(this.state());
    if (!carrier) this.neighbours.flush();
    this.#carryOver();
  }

  /** @returns why it was dropped, when neither this interface nor a macvlan on it took it */
  receive(frame: Uint8Array): string | undefined {
    if (!this.up) return 'interface down';
    let refusal: string | undefined = this.stack.input(frame);
    for (const macvlan of this.#macvlans) {
      if (macvlan.receive(frame) === undefined) refusal = undefined;
    }
    return refusal;
  }

  /** For the kernel's own packets, which it gives away: an interface that is down loses them. */
  output(frame: Uint8Array): void {
    if (!this.up) return;
    this.stack.counters.output++;
    if (this.#parent === undefined || this.#parent.up) this.port.transmit(frame, true);
  }

  /** For packets that a program sends. @throws IfnetError */
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
    for (const macvlan of this.#macvlans) macvlan.listener?.parentGone();
    this.listener = undefined;
    this.up = false;
    for (const socket of this.stack.sockets) socket[Symbol.dispose]();
    for (const link of this.stack.links) link[Symbol.dispose]();
    this.neighbours[Symbol.dispose]();
    this.addressing[Symbol.dispose]();
    if (this.#parent === undefined) this.port[Symbol.dispose]();
    else this.#parent.#macvlans.delete(this);
  }
}
