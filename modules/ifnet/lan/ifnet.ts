import {
  type AddAddressOptions,
  type AddressRenewal,
  ETHER_HDR_LEN,
  Ifnet,
  IfnetError,
  type IfnetModule,
  type IfnetSetting,
  type InetAddress,
  type InetFamily,
  type InetPrefix,
  type IpSocket,
  type IpSocketOptions,
  type LinkSocket,
  type LinkSocketOptions,
  type MacvlanOptions,
  type Routing,
} from '../index.js';
import { LanIpSocket } from './ip-socket.js';
import { LanLinkSocket } from './link-socket.js';
import type { Neighbour } from './neighbours.js';
import type { LanNic } from './nic.js';
import type { LanPort } from './port.js';

/** What an interface asks of the driver that made it. */
export interface LanIfnetMaker {
  createMacvlan(options: MacvlanOptions & { readonly parent: Ifnet }): Ifnet;
  /** Of the host that it belongs to. */
  readonly routing: Routing;
  /** The interface has gone. */
  destroyed(ifp: Ifnet): void;
}

/** A host's interface on the virtual LAN. Every action is complete when it returns. */
export class LanIfnet extends Ifnet {
  readonly #nic: LanNic;
  readonly #table: IfnetModule;
  readonly #maker: LanIfnetMaker;

  constructor(table: IfnetModule, nic: LanNic, maker: LanIfnetMaker) {
    super(nic.state());
    this.#table = table;
    this.#nic = nic;
    this.#maker = maker;
    nic.listener = {
      stateChanged: (state) => table.update(this, state),
      addressSet: (address) => table.setAddress(this, address),
      addressUnset: (address) => table.unsetAddress(this, address),
      neighbourEvent: ({ address, lladdr, router }, event) =>
        table.neighbour(
          { ifp: this, address, permanent: false, router, ...(lladdr === undefined ? {} : { lladdr }) },
          event,
        ),
      parentGone: () => this.destroy(),
    };
  }

  /** Its port on the segment, or its parent's: what `Lan.cut`, `mend` and `partition` take. */
  get port(): LanPort {
    return this.#nic.port;
  }

  /** Why frames were dropped, by cause. */
  get counters(): Readonly<LanNic['stack']['counters']> {
    return this.#nic.stack.counters;
  }

  /** The ARP and neighbour-discovery cache. */
  get neighbours(): readonly Neighbour[] {
    return this.#nic.neighbours.list();
  }

  /** The cache's entry for an address. */
  neighbour(address: InetAddress): Neighbour | undefined {
    return this.#nic.neighbours.get(address);
  }

  transmit(frame: Uint8Array): void {
    const nic = this.#present();
    nic.assertUp();
    if (frame.length < ETHER_HDR_LEN || frame.length > nic.mtu + ETHER_HDR_LEN) {
      const code = frame.length < ETHER_HDR_LEN ? 'EINVAL' : 'EMSGSIZE';
      throw new IfnetError(code, this.name, `a frame of ${frame.length} bytes; the MTU is ${nic.mtu}`);
    }
    nic.output(frame.slice());
  }

  openIp(options: IpSocketOptions): IpSocket {
    return new LanIpSocket(this, this.#present(), options);
  }

  override openLink(options: LinkSocketOptions): LinkSocket {
    return new LanLinkSocket(this.#present(), options);
  }

  addAddress(prefix: InetPrefix, options: AddAddressOptions = {}): void {
    this.#present().addressing.add(prefix, options);
  }

  override renewal(prefix: InetPrefix, options: AddAddressOptions): AddressRenewal {
    return {
      renew: () => {
        if (!this.#nic.gone) this.#nic.addressing.renew(prefix, options);
      },
    };
  }

  removeAddress(prefix: InetPrefix): void {
    this.#present().addressing.remove(prefix);
  }

  override setAccepting(address: InetAddress, accepting: boolean): void {
    if (!accepting) this.#present();
    this.#nic.addressing.setAccepting(address, accepting);
  }

  override claim(name: string): Disposable | undefined {
    this.#present();
    return super.claim(name);
  }

  override get notesProtocols(): boolean {
    return this.#nic.notesProtocols;
  }

  override get routing(): Routing {
    return this.#maker.routing;
  }

  setUp(up: boolean): void {
    const nic = this.#present();
    if (nic.up !== up) nic.change({ up });
  }

  override readAlias(): string | undefined {
    return this.#nic.gone ? undefined : this.#nic.alias;
  }

  override sysctl(family: InetFamily, name: string): number | undefined {
    return this.#nic.sysctls.get(family, name);
  }

  override setSysctl(family: InetFamily, name: string, value: number, before?: number): IfnetSetting {
    return this.#present().sysctls.set(family, name, value, before);
  }

  /** As `ip link set … name`. @throws IfnetError EEXIST */
  rename(name: string): void {
    const nic = this.#present();
    const other = this.#table.byName(name);
    if (other !== undefined && other !== this) throw new IfnetError('EEXIST', name, 'the name is taken');
    nic.change({ name });
  }

  /** As `ip link set … address`. @throws IfnetError EADDRNOTAVAIL unless six bytes, no group address */
  setLladdr(lladdr: Uint8Array): void {
    const nic = this.#present();
    if (lladdr.length !== 6 || (lladdr[0]! & 1) === 1) {
      throw new IfnetError(
        'EADDRNOTAVAIL',
        this.name,
        'an interface needs six bytes that are no group address',
      );
    }
    nic.change({ lladdr: lladdr.slice() });
  }

  /** As `ip link set … mtu`. @throws IfnetError EINVAL unless 68 (RFC 791) to 65535 */
  setMtu(mtu: number): void {
    const nic = this.#present();
    if (!(mtu >= 68 && mtu <= 65_535))
      throw new IfnetError('EINVAL', this.name, `${mtu} is no MTU: 68 to 65535`);
    nic.change({ mtu });
  }

  override createMacvlan(options: MacvlanOptions): Ifnet {
    this.#present();
    return this.#maker.createMacvlan({ ...options, parent: this });
  }

  /** The interface departs: cable pulled, sockets closed, addresses and macvlans gone. */
  override destroy(): void {
    if (this.#nic.gone) return;
    this.#nic[Symbol.dispose]();
    this.#maker.destroyed(this);
    this.#table.detach(this);
  }

  /** Not `attached`, which lags while handlers run. */
  #present(): LanNic {
    if (this.#nic.gone) throw new IfnetError('ENXIO', this.name, 'the interface is gone');
    return this.#nic;
  }
}
