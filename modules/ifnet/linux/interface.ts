import {
  type AddAddressOptions,
  type AddressRenewal,
  type Claimant,
  formatLladdr,
  Ifnet,
  IfnetError,
  type IfnetSetting,
  type IfnetState,
  type InetAddress,
  type InetPrefix,
  type IpSocket,
  type IpSocketOptions,
  type LinkSocket,
  type LinkSocketOptions,
  type MacvlanOptions,
  type Routing,
} from '../index.js';
import { addressDetails } from './address-details.js';
import { LinuxRenewal } from './address-renewal.js';
import { AddressVhids } from './address-vhids.js';
import { explain } from './explain.js';
import { LinuxIpSocket } from './ip-socket.js';
import { LinuxLinkSocket } from './link-socket.js';
import { addAddress, getAddress, removeAddress } from './netlink/address.js';
import {
  createMacvlan,
  deleteLink,
  getLink,
  type LinkReport,
  parseLink,
  setLinkAlias,
  setLinkLladdr,
  setLinkUp,
  withoutLinkLocal,
} from './netlink/link.js';
import type { Request } from './netlink/message.js';
import type { LinuxServices } from './services.js';

/** An interface of the Linux kernel. */
export class LinuxIfnet extends Ifnet {
  /** Open sockets. This reference keeps them alive; the driver closes them when it is unloaded. */
  readonly sockets = new Set<Disposable>();
  /** The vhids for which addresses were added. */
  readonly vhids = new AddressVhids();
  /** The kernel lacks it by now. `attached` does not say that: it is false before the arrival too, and lags while handlers run. */
  departed = false;
  /** Addresses of which no report was asked for since they were added, by their text. */
  readonly #added = new Map<string, InetPrefix>();

  constructor(
    state: IfnetState,
    private readonly services: LinuxServices,
  ) {
    super(state);
  }

  transmit(frame: Uint8Array): void {
    this.#assertPresent('send');
    this.services.transmit(this, frame);
  }

  openIp(options: IpSocketOptions): IpSocket {
    this.#assertPresent('open a socket');
    const socket: LinuxIpSocket = new LinuxIpSocket(this.services, this, options, () =>
      this.sockets.delete(socket),
    );
    this.sockets.add(socket);
    return socket;
  }

  override openLink(options: LinkSocketOptions): LinkSocket {
    this.#assertPresent('open a link socket');
    const socket: LinuxLinkSocket = new LinuxLinkSocket(this.services, this, options, () =>
      this.sockets.delete(socket),
    );
    this.sockets.add(socket);
    return socket;
  }

  addAddress(prefix: InetPrefix, options: AddAddressOptions = {}): void {
    const undo = this.vhids.expect(prefix.address, options.vhid);
    try {
      const details = addressDetails(this, prefix, options);
      this.#request(`add ${prefix.toString()}`, addAddress(this.index, prefix, details));
    } catch (error) {
      undo();
      throw error;
    }
    this.#added.set(prefix.toString(), prefix);
    if (options.later !== true) this.catchUp();
  }

  override catchUp(): void {
    if (this.#added.size === 0) return;
    const added = [...this.#added.values()];
    this.#added.clear();
    this.services.reports.catchUp();
    for (const prefix of added) if (prefix.address.family === 6) this.#lookUp(prefix);
  }

  override renewal(prefix: InetPrefix, options: AddAddressOptions): AddressRenewal {
    return new LinuxRenewal(this, prefix, options, this.services.renewals);
  }

  removeAddress(prefix: InetPrefix): void {
    this.catchUp();
    this.services.renewals.flush();
    this.#change(`remove ${prefix.toString()}`, removeAddress(this.index, prefix));
  }

  override setAccepting(address: InetAddress, accepting: boolean): void {
    if (!accepting) this.#assertPresent(`refuse packets to ${address}`);
    this.services.unaccepted.set(address, this.index, accepting);
  }

  override attribute(address: InetAddress, vhid: number): void {
    this.vhids.set(address, vhid);
  }

  override get notesProtocols(): boolean {
    return this.services.notesProtocols;
  }

  override claim(name: string): Disposable | undefined {
    return this.#named('claim a name on it', () => this.services.claim(`carpet:${this.index}:${name}`));
  }

  override claimant(name: string): Claimant | undefined {
    return this.#named('look for a name on it', () => this.services.claimant(`carpet:${this.index}:${name}`));
  }

  override get routing(): Routing {
    return this.services.routing;
  }

  setUp(up: boolean): void {
    this.#change(up ? 'bring it up' : 'take it down', setLinkUp(this.index, up));
  }

  setLladdr(lladdr: Uint8Array): void {
    this.#change(`set the link-layer address ${formatLladdr(lladdr)}`, setLinkLladdr(this.index, lladdr));
  }

  override createMacvlan({ alias, ...options }: MacvlanOptions): Ifnet {
    const { name } = options;
    this.#assertPresent(`make ${name} on it`);
    this.services.requests.request(name, `make it on ${this.name}`, createMacvlan(this.index, options));
    try {
      // A parent without IPv6 (a small MTU, or a kernel without it) has macvlans without IPv6.
      if (this.sysctl(6, 'disable_ipv6') !== undefined) {
        this.services.requests.request(name, 'switch its link-local address off', withoutLinkLocal(name));
      }
      if (alias !== undefined)
        this.services.requests.request(name, 'name what it is for', setLinkAlias(name, alias));
      this.services.reports.catchUp();
      return this.services.reports.lookUp(name);
    } catch (error) {
      this.#undo(name);
      throw error;
    }
  }

  override destroy(): void {
    this.#change('remove it', deleteLink(this.index));
  }

  override readAlias(): string | undefined {
    return this.#link()?.alias;
  }

  override sysctl(family: 4 | 6, name: string): number | undefined {
    const own = this.ownSysctl(family, name);
    // As IN_DEV_MAXCONF in linux/inetdevice.h.
    return own === undefined
      ? own
      : Math.max(own, this.services.sysctls.read(`ipv${family}/conf/all/${name}`) ?? 0);
  }

  override ownSysctl(family: 4 | 6, name: string): number | undefined {
    const link = this.#link();
    return link && this.services.sysctls.read(sysctlPath(link.name, family, name));
  }

  override setSysctl(family: 4 | 6, name: string, value: number, before?: number): IfnetSetting {
    if (this.ownSysctl(family, name) === undefined) {
      const path = sysctlPath(this.name, family, name);
      throw new IfnetError('ENOENT', this.name, `this kernel has no sysctl net/${path}`);
    }
    const variable = {
      read: () => this.ownSysctl(family, name),
      write: (to: number) => {
        const ifname = this.#link()?.name ?? this.name;
        this.services.sysctls.write(ifname, sysctlPath(ifname, family, name), to);
      },
    };
    return this.services.settings.set(`${this.index} ${family} ${name}`, variable, value, before);
  }

  /** Removes a half-made interface. If that fails too, the first error is the one to report. */
  #undo(name: string): void {
    try {
      this.services.requests.request(name, 'remove it again', deleteLink(name));
    } catch (error) {
      if (!(error instanceof IfnetError)) throw error;
    }
  }

  /** Asks the kernel for the link, whatever its name is now; undefined if it is gone. */
  #link(): LinkReport | undefined {
    let link: LinkReport | undefined;
    try {
      if (!this.departed) {
        this.services.requests.request(this.name, 'look it up', getLink(this.index), (message) => {
          link = parseLink(message);
        });
      }
    } catch (error) {
      if (!(error instanceof IfnetError)) throw error;
    }
    return link;
  }

  /** The kernel adds an IPv6 address at once, but reports it later, from a work queue: asks for it. */
  #lookUp(prefix: InetPrefix): void {
    const { reports } = this.services;
    try {
      this.services.requests.request(
        this.name,
        `look up ${prefix.toString()}`,
        getAddress(this.index, prefix),
        (message) => reports.handle(message),
      );
    } catch {
      // The address or its interface is gone again, which is reported too.
    }
  }

  #change(what: string, request: Request): void {
    this.#request(what, request);
    this.services.reports.catchUp();
  }

  #request(what: string, request: Request): void {
    this.#assertPresent(what);
    this.services.requests.request(this.name, what, request);
  }

  #named<T>(what: string, action: () => T): T {
    this.#assertPresent(what);
    try {
      return action();
    } catch (error) {
      throw explain(error, this.name, what);
    }
  }

  #assertPresent(what: string): void {
    if (this.departed) throw new IfnetError('ENXIO', this.name, `cannot ${what}: the interface is gone`);
  }
}

function sysctlPath(ifname: string, family: 4 | 6, name: string): string {
  return `ipv${family}/conf/${ifname}/${name}`;
}
