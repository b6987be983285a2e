/**
 * From the kernel's reports to IfnetModule's: one message at a time in the order they came, and whole dumps compared
 * with the table after an overrun. Messages that a dump has overtaken may be seen again afterwards: each is the truth
 * of its moment, and the last one of every object is the truth of now.
 */
import {
  addressKey,
  type IfAddress,
  IfnetError,
  type IfnetModule,
  type IfnetState,
  type LleEvent,
  type Llentry,
} from '../index.js';
import type { GroupNames } from './groups.js';
import type { Host } from './host.js';
import { LinuxIfnet } from './interface.js';
import { Neighbours } from './neighbours.js';
import { type AddressReport, dumpAddresses, parseAddress } from './netlink/address.js';
import * as nl from './netlink/constants.js';
import { dumpLinks, getLink, type LinkReport, linkIndex, parseLink } from './netlink/link.js';
import type { NetlinkMessage, Request } from './netlink/message.js';
import { dumpNeighbours, type NeighbourReport, parseNeighbour } from './netlink/neighbour.js';

export class Reporter {
  readonly #neighbours = new Neighbours();

  constructor(
    private readonly ifnet: IfnetModule,
    private readonly host: Host,
    private readonly groups: GroupNames,
    private readonly wantNeighbours: boolean,
  ) {}

  /** One message of the kernel's own accord. */
  handle(message: NetlinkMessage): void {
    if (message.type === nl.RTM_NEWLINK) this.#given(parseLink(message), (link) => this.#link(link));
    else if (message.type === nl.RTM_DELLINK) this.#given(linkIndex(message), (index) => this.#gone(index));
    else if (message.type === nl.RTM_NEWADDR) this.#given(parseAddress(message), (a) => this.#address(a));
    else if (message.type === nl.RTM_DELADDR) this.#given(parseAddress(message), (a) => this.#unaddress(a));
    else if (message.type === nl.RTM_NEWNEIGH)
      this.#given(parseNeighbour(message), (n) => this.#neighbour(n));
    else if (message.type === nl.RTM_DELNEIGH)
      this.#given(parseNeighbour(message), (n) => this.#unneighbour(n));
  }

  /** The interface of that name, which arrives now if the table has not got it. Throws IfnetError. */
  lookUp(name: string): LinuxIfnet {
    let found: LinkReport | undefined;
    this.host.request(name, 'look it up', getLink(name), (message) => (found = parseLink(message)));
    if (found === undefined) throw new IfnetError('ENODEV', name, 'the kernel does not describe it');
    return this.#link(found);
  }

  /**
   * Dumps everything and reports the differences. Returns false where changes overtook the dump: then nothing was
   * taken for gone, because it may only have been skipped, and another dump must follow.
   */
  synchronize(): boolean {
    const links = this.#dump(dumpLinks(), parseLink);
    const addresses = this.#dump(dumpAddresses(), parseAddress);
    if (links.consistent) this.#departMissing(links.found);
    for (const link of links.found) this.#link(link);
    this.#compareAddresses(addresses.found, addresses.consistent);
    const neighbours = this.wantNeighbours ? this.#compareNeighbours() : true;
    return links.consistent && addresses.consistent && neighbours;
  }

  #given<T>(report: T | undefined, use: (report: T) => void): void {
    if (report !== undefined) use(report);
  }

  #dump<T>(
    request: Request,
    parse: (message: NetlinkMessage) => T | undefined,
  ): { found: T[]; consistent: boolean } {
    const found: T[] = [];
    const consistent = this.host.request('', 'read the table of interfaces', request, (message) =>
      this.#given(parse(message), (report) => found.push(report)),
    );
    return { found, consistent };
  }

  #link({ groupId, ...link }: LinkReport): LinuxIfnet {
    const state: IfnetState = { ...link, groups: this.groups.of(groupId, link.kind) };
    const ifp = this.#find(link.index);
    if (ifp !== undefined && ifp.type === link.type && ifp.kind === link.kind) {
      this.ifnet.update(ifp, keepDowns(state, ifp.carrierDowns));
      return ifp;
    }
    // Another interface under a number that was given again while nobody looked.
    if (ifp !== undefined) this.#depart(ifp);
    const arrived = new LinuxIfnet(state, this.host);
    this.ifnet.attach(arrived);
    return arrived;
  }

  #gone(index: number): void {
    const ifp = this.#find(index);
    if (ifp !== undefined) this.#depart(ifp);
  }

  #depart(ifp: LinuxIfnet): void {
    this.#neighbours.forget(ifp.index);
    ifp.departed = true;
    this.ifnet.detach(ifp);
    for (const socket of ifp.sockets) socket[Symbol.dispose]();
  }

  #departMissing(links: readonly LinkReport[]): void {
    const present = new Set(links.map((link) => link.index));
    for (const ifp of this.#own()) if (!present.has(ifp.index)) this.#depart(ifp);
  }

  #address({ index, address }: AddressReport): void {
    const ifp = this.#find(index);
    if (ifp === undefined) return;
    const vhid = ifp.vhids.size === 0 ? undefined : ifp.vhids.get(address.prefix.address.toString());
    this.ifnet.setAddress(ifp, vhid === undefined ? address : { ...address, vhid });
  }

  #unaddress({ index, address }: AddressReport): void {
    const ifp = this.#find(index);
    if (ifp !== undefined) this.#removed(ifp, address);
  }

  #removed(ifp: LinuxIfnet, address: IfAddress): void {
    this.ifnet.unsetAddress(ifp, address);
    // With another prefix length the same address may still be there. Few interfaces have vhids: the look-up is rare.
    if (ifp.vhids.size === 0 || ifp.hasAddress(address.prefix.address)) return;
    ifp.vhids.delete(address.prefix.address.toString());
  }

  #compareAddresses(reports: readonly AddressReport[], complete: boolean): void {
    const present = new Map<number, Set<string>>();
    for (const { index, address } of reports) {
      const keys = present.get(index) ?? new Set();
      present.set(index, keys.add(addressKey(address)));
    }
    for (const ifp of complete ? this.#own() : []) {
      const keys = present.get(ifp.index);
      for (const address of ifp.addresses) if (!keys?.has(addressKey(address))) this.#removed(ifp, address);
    }
    for (const report of reports) this.#address(report);
  }

  #neighbour(report: NeighbourReport): void {
    const event = this.#neighbours.update(report);
    if (event !== undefined) this.#tellNeighbour(report, event);
  }

  #unneighbour(report: NeighbourReport): void {
    if (this.#neighbours.remove(report)) this.#tellNeighbour(report, 'DELETED');
  }

  #compareNeighbours(): boolean {
    const { found, consistent } = this.#dump(dumpNeighbours(), parseNeighbour);
    if (consistent) for (const report of this.#neighbours.missingFrom(found)) this.#unneighbour(report);
    for (const report of found) this.#neighbour(report);
    return consistent;
  }

  #tellNeighbour(report: NeighbourReport, event: LleEvent): void {
    const ifp = this.#find(report.index);
    if (ifp === undefined) return;
    const { address, lladdr, router } = report;
    const permanent = (report.state & nl.NUD_PERMANENT) !== 0;
    const entry: Llentry = { ifp, address, permanent, router, ...(lladdr === undefined ? {} : { lladdr }) };
    this.ifnet.neighbour(entry, event);
  }

  #find(index: number): LinuxIfnet | undefined {
    const ifp = this.ifnet.byIndex(index);
    return ifp instanceof LinuxIfnet ? ifp : undefined;
  }

  #own(): LinuxIfnet[] {
    return this.ifnet.list().filter((ifp): ifp is LinuxIfnet => ifp instanceof LinuxIfnet);
  }
}

/** A message that a dump has overtaken must not turn the count back, else the next one looks like a flap. */
function keepDowns(state: IfnetState, known: number | undefined): IfnetState {
  if (known === undefined || state.carrierDowns === undefined || state.carrierDowns >= known) return state;
  return { ...state, carrierDowns: known };
}
