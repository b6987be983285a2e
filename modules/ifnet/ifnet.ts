/**
 * @module
 * The getters show the state as of the event being handled. Only IfnetModule changes it (`[STATE]`), in the order in
 * which the driver reported; a driver extends this class with the actions.
 */
import type { InetAddress, InetFamily, InetPrefix } from './address.js';
import { IfnetError } from './errors.js';
import type { IpSocket, IpSocketOptions } from './ip-socket.js';
import type { LinkSocket, LinkSocketOptions } from './link-socket.js';
import { formatLladdr } from './lladdr.js';
import type { MacvlanOptions } from './macvlan.js';
import type { Routing } from './routing.js';
import type { IfnetSetting } from './setting.js';
import {
  addressKey,
  type IfAddress,
  type IfFlags,
  type IfnetState,
  type IfType,
  type LinkState,
  type VlanInfo,
} from './state.js';

/** The state inside an Ifnet. Only IfnetModule writes it. */
export interface IfnetSoftc {
  state: IfnetState;
  /** By `addressKey`, in the order of their arrival. */
  readonly addresses: Map<string, IfAddress>;
  /** `addresses` as an array, made on demand. */
  list: readonly IfAddress[] | undefined;
  attached: boolean;
}

/** How an address is put on an interface. */
export interface AddAddressOptions {
  /** Skip IPv6 duplicate address detection: usable at once. */
  nodad?: boolean;
  /** The CARP vhid that owns it, shown in `IfAddress.vhid`. */
  vhid?: number;
  /**
   * Which program it is, 1 to 255: noted with the address, and shown in `IfAddress.protocol` to every process, for as long
   * as the address is there. Without effect where `notesProtocols` is false.
   */
  protocol?: number;
  /** Do not add the route to the prefix's network. */
  noprefixroute?: boolean;
  /** Metric of that route, where it must not be better than another interface's; default the system's (0, IPv6 256). */
  metric?: number;
  /**
   * Seconds, whole, after which the host itself removes the address, whatever has become of this process, unless it was
   * renewed. Linux takes up to 0.3 s longer, and up to 1.3 s if other addresses expire shortly before. Default: never.
   */
  lifetime?: number;
  /**
   * The table shows the address, and events tell of it, only after `catchUp`, or in the next turn of the event loop: for
   * what must not wait until that is read.
   */
  later?: boolean;
}

/** Starts the lifetime of one address anew, again and again: made once, because renewing must cost little. */
export interface AddressRenewal {
  /**
   * The lifetime counts from now. Queued, and carried out with others at the end of this turn of the event loop: nothing
   * is reported then, and a refusal is only logged. It adds an address that is gone, so call it for one that is known to
   * be there.
   */
  renew(): void;
}

/** A process that holds a name: see {@link Ifnet.claim}. */
export interface Claimant {
  /** 0 if it is not visible from here: in another pid namespace. */
  readonly pid: number;
  readonly uid: number;
  /** Whether it may use the network as carpet does. Any user can take a name to be in the way. */
  readonly privileged: boolean;
}

/** An interface as plain data. */
export interface IfnetSnapshot {
  readonly index: number;
  readonly name: string;
  readonly type: IfType;
  readonly mtu: number;
  readonly linkState: LinkState;
  readonly lladdr: string;
  /** With their prefix lengths. */
  readonly addresses: readonly string[];
}

/** Key of the driver-side state. */
export const STATE = Symbol('ifnet.state');

/**
 * One network interface, as FreeBSD's struct ifnet. It is the same object for the interface's whole life, also when that is
 * renamed, taken down or given another address; after its departure `attached` is false and every action throws ENXIO.
 */
export abstract class Ifnet {
  readonly [STATE]: IfnetSoftc;
  readonly #claims = new Map<string, Disposable>();

  constructor(state: IfnetState) {
    this[STATE] = { state, addresses: new Map(), list: undefined, attached: false };
  }

  get index(): number {
    return this[STATE].state.index;
  }
  get name(): string {
    return this[STATE].state.name;
  }
  get type(): IfType {
    return this[STATE].state.type;
  }
  /** Link-layer address; empty where the interface has none. */
  get lladdr(): Uint8Array {
    return this[STATE].state.lladdr;
  }
  /** Bytes, without the Ethernet header. */
  get mtu(): number {
    return this[STATE].state.mtu;
  }
  get flags(): IfFlags {
    return this[STATE].state.flags;
  }
  get linkState(): LinkState {
    return this[STATE].state.linkState;
  }
  /** In the order in which they were reported: on Linux, the order in which they were added. */
  get addresses(): readonly IfAddress[] {
    const softc = this[STATE];
    softc.list ??= [...softc.addresses.values()];
    return softc.list;
  }
  get groups(): ReadonlySet<string> {
    return this[STATE].state.groups;
  }
  /** veth, vlan, bridge, macvlan …; undefined on hardware. */
  get kind(): string | undefined {
    return this[STATE].state.kind;
  }
  /**
   * The interface's alias (`ip link set … alias`), as last reported: Linux does not report one that is set while the
   * interface is down. `readAlias` asks the host.
   */
  get alias(): string | undefined {
    return this[STATE].state.alias;
  }
  get vlan(): VlanInfo | undefined {
    return this[STATE].state.vlan;
  }
  /** Index of the bridge or bond it is a port of. */
  get master(): number | undefined {
    return this[STATE].state.master;
  }
  /** How many listeners hold it promiscuous, as far as the driver knows. */
  get promiscuity(): number {
    return this[STATE].state.promiscuity;
  }
  /** How often its link has gone down, where the driver counts it. */
  get carrierDowns(): number | undefined {
    return this[STATE].state.carrierDowns;
  }
  /** False before its arrival and after its departure. */
  get attached(): boolean {
    return this[STATE].attached;
  }

  /** The first address of the family that can be a source: neither tentative nor failed. Addresses of vhids come last. */
  source(family: InetFamily): InetAddress | undefined {
    let last: InetAddress | undefined;
    for (const { prefix, tentative, dadFailed, vhid } of this.addresses) {
      if (prefix.address.family !== family || tentative || dadFailed) continue;
      if (vhid === undefined) return prefix.address;
      last ??= prefix.address;
    }
    return last;
  }

  /** The address with this prefix, without a search where it has no peer: a thousand virtual hosts look for theirs at once. */
  findAddress(prefix: InetPrefix): IfAddress | undefined {
    return (
      this[STATE].addresses.get(addressKey({ prefix })) ??
      this.addresses.find((each) => each.prefix.equals(prefix))
    );
  }

  hasAddress(address: InetAddress): boolean {
    return this.addresses.some((a) => a.prefix.address.equals(address));
  }

  toString(): string {
    return this.name;
  }

  /** Its state as plain data, for handlers in other address spaces. */
  toJSON(): IfnetSnapshot {
    const { index, name, type, mtu, linkState, lladdr } = this;
    const addresses = this.addresses.map(({ prefix }) => prefix.toString());
    return { index, name, type, mtu, linkState, lladdr: formatLladdr(lladdr), addresses };
  }

  /** Sends a whole Ethernet frame, without its checksum. On the wire, or refused, when it returns. @throws IfnetError */
  abstract transmit(frame: Uint8Array): void;

  /** Opens a socket for one IP protocol on this interface. @throws IfnetError EPERM without the privilege */
  abstract openIp(options: IpSocketOptions): IpSocket;

  /**
   * Opens a socket for the frames of one EtherType that this interface receives.
   *
   * @throws IfnetError EPERM without the privilege, EOPNOTSUPP where the driver cannot
   */
  openLink(_options: LinkSocketOptions): LinkSocket {
    throw new IfnetError('EOPNOTSUPP', this.name, 'cannot open a link socket: its driver has none');
  }

  /** Effective and acknowledged when it returns. @throws IfnetError EEXIST, EPERM … */
  abstract addAddress(prefix: InetPrefix, options?: AddAddressOptions): void;

  /** Brings the table in step with what the host has reported of addresses that were to be shown `later`. */
  catchUp(): void {}

  /**
   * Prepares the renewal of an address that was added with these options. Without effect where the host keeps no
   * lifetimes.
   */
  renewal(_prefix: InetPrefix, _options: AddAddressOptions): AddressRenewal {
    return { renew: () => undefined };
  }

  /** Effective and acknowledged when it returns. @throws IfnetError EADDRNOTAVAIL, EPERM … */
  abstract removeAddress(prefix: InetPrefix): void;

  /**
   * Whether the host accepts packets addressed to an address on this interface; if not it drops them, but goes on answering
   * ARP requests and neighbour solicitations for it. What it forwards is not affected. Lasts until it is set again, whether
   * the address is there or not; on Linux at most as long as the process.
   *
   * @throws IfnetError EPERM, EOPNOTSUPP where the host or the driver cannot drop them
   */
  setAccepting(address: InetAddress, accepting: boolean): void {
    if (accepting) return;
    const what = `cannot refuse packets to ${address}`;
    throw new IfnetError('EOPNOTSUPP', this.name, `${what}: its driver has nothing to drop them with`);
  }

  /** From now on the driver reports this vhid with the address, which another process has put there. */
  attribute(_address: InetAddress, _vhid: number): void {}

  /** Whether the host notes the `protocol` of an address. Linux does since 5.18. */
  get notesProtocols(): boolean {
    return true;
  }

  /**
   * Claims a name on this interface, which one holder at a time can have. On Linux it is one among all processes of the
   * network namespace; the claim ends when it is disposed of, when its process ends, and when the driver unloads.
   *
   * @returns undefined while another holds it
   * @throws IfnetError ENXIO when the interface has gone, EMFILE …
   */
  claim(name: string): Disposable | undefined {
    const claims = this.#claims;
    if (claims.has(name)) return undefined;
    const claim = { [Symbol.dispose]: () => void (claims.get(name) === claim && claims.delete(name)) };
    claims.set(name, claim);
    return claim;
  }

  /** The process that holds a name on this interface; undefined if none does, or none that answers. @throws as `claim` */
  claimant(name: string): Claimant | undefined {
    return this.#claims.has(name) ? { pid: 0, uid: 0, privileged: true } : undefined;
  }

  /** The routes and rules of its host; undefined where the driver has none. */
  get routing(): Routing | undefined {
    return undefined;
  }

  /** Administratively up or down. @throws IfnetError */
  abstract setUp(up: boolean): void;

  /**
   * Makes a macvlan on it: down, without addresses, and without an automatic link-local one, because two hosts may
   * each have one with the same link-layer address. It exists and can be used when this returns;
   * `ifnet_arrival_event` was invoked by then, or will be after the interface event that is being handled.
   *
   * @throws IfnetError EEXIST, EPERM, EBUSY for the port of a bridge, EOPNOTSUPP where the driver cannot …; nothing is
   *   made then
   */
  createMacvlan(_options: MacvlanOptions): Ifnet {
    throw new IfnetError('EOPNOTSUPP', this.name, 'cannot have a macvlan: its driver makes none');
  }

  /** Removes an interface that software made. @throws IfnetError EOPNOTSUPP for hardware, EPERM … */
  destroy(): void {
    throw new IfnetError('EOPNOTSUPP', this.name, 'cannot be removed: its driver did not make it');
  }

  /** The alias as the host has it now; undefined where there is none, or no interface. */
  readAlias(): string | undefined {
    return this.attached ? this.alias : undefined;
  }

  /**
   * A setting of the host for this interface, as Linux names it: the larger of net.ipv4.conf.<if>.<name> and
   * net.ipv4.conf.all.<name>. So Linux combines the switches of announcing and answering (arp_notify, arp_ignore …)
   * and rp_filter; of others, as forwarding, `ownSysctl` is in force. Undefined where the driver or the host has no
   * such setting.
   */
  sysctl(_family: InetFamily, _name: string): number | undefined {
    return undefined;
  }

  /** The interface's own value alone, which `setSysctl` changes. */
  ownSysctl(family: InetFamily, name: string): number | undefined {
    return this.sysctl(family, name);
  }

  /**
   * Sets it until the result is disposed of. When the last user is done the old value is put back, unless another program
   * has set it meanwhile.
   *
   * @param _before the value to put back, where the present one is not the right one
   * @throws IfnetError ENOENT, EACCES …
   */
  setSysctl(family: InetFamily, name: string, _value: number, _before?: number): IfnetSetting {
    throw new IfnetError('ENOENT', this.name, `has no sysctl net.ipv${family}.conf.${this.name}.${name}`);
  }
}
