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
import { LinuxIfnet } from './interface.js';
import { Neighbours } from './neighbours.js';
import { type AddressReport, dumpAddresses, parseAddress } from './netlink/address.js';
import * as nl from './netlink/constants.js';
import { dumpLinks, getLink, type LinkReport, linkIndex, parseLink } from './netlink/link.js';
import type { NetlinkMessage, Request } from './netlink/message.js';
import { dumpNeighbours, type NeighbourReport, parseNeighbour } from './netlink/neighbour.js';
import type { Requests } from './requests.js';

/** The index that Linux gives the loopback interface of each network namespace. */
const LOOPBACK = 1;

interface Dump<T> {
  readonly found: readonly T[];
  /** Whether no change overtook it. */
  readonly consistent: boolean;
}

/**
 * Turns the kernel's reports into IfnetModule's: single messages in the order in which they arrived, and whole dumps,
 * compared with the table. A message that a dump has overtaken may be seen after the dump. It was true when it was sent,
 * and the last message about each object is true now.
 */
export class Reporter {
  readonly #neighbours = new Neighbours();
  /** Handlers by message type. Messages of other types are ignored. */
  readonly #handlers: Readonly<Record<number, (message: NetlinkMessage) => void>> = {
    [nl.RTM_NEWLINK]: given(parseLink, (link) => this.#link(link)),
    [nl.RTM_DELLINK]: given(linkIndex, (index) => this.#gone(index)),
    [nl.RTM_NEWADDR]: given(parseAddress, (report) => this.#address(report)),
    [nl.RTM_DELADDR]: given(parseAddress, (report) => this.#unaddress(report)),
    [nl.RTM_NEWNEIGH]: given(parseNeighbour, (report) => this.#neighbour(report)),
    [nl.RTM_DELNEIGH]: given(parseNeighbour, (report) => this.#unneighbour(report)),
  };

  constructor(
    private readonly ifnet: IfnetModule,
    private readonly requests: Requests,
    private readonly groups: GroupNames,
    private readonly wantNeighbours: boolean,
    private readonly make: (state: IfnetState) => LinuxIfnet,
  ) {}

  /** Handles one message. */
  handle(message: NetlinkMessage): void {
    this.#handlers[message.type]?.(message);
  }

  /** The interface of that name, which arrives now if the table lacks it. @throws IfnetError */
  lookUp(name: string): LinuxIfnet {
    let found: LinkReport | undefined;
    this.requests.request(name, 'look it up', getLink(name), (message) => (found = parseLink(message)));
    if (found === undefined) throw new IfnetError('ENODEV', name, 'the kernel does not describe it');
    return this.#link(found);
  }

  /**
   * Dumps everything and reports the differences. Returns false if changes overtook the dump: then nothing was removed,
   * because the dump may have skipped it, and another dump must follow.
   */
  synchronize(): boolean {
    const links = this.#dump(dumpLinks(), parseLink);
    const addresses = this.#dumpAddresses();
    if (links.consistent) this.#departMissing(links.found);
    for (const link of links.found) this.#link(link);
    this.#compareAddresses(addresses.found, addresses.consistent);
    const neighbours = this.wantNeighbours ? this.#compareNeighbours() : true;
    return links.consistent && addresses.consistent && neighbours;
  }

  #dump<T>(request: Request, parse: (message: NetlinkMessage) => T | undefined): Dump<T> {
    const found: T[] = [];
    const keep = given(parse, (report) => found.push(report));
    const consistent = this.requests.request('', 'read the table of interfaces', request, keep);
    return { found, consistent };
  }

  #dumpAddresses(): Dump<AddressReport> {
    using witness = this.requests.watchAddresses();
    const dump = this.#dump(dumpAddresses(), parseAddress);
    // It is carried out under the lock (RTNL) that a change holds until it is reported.
    this.requests.request('', 'read the first interface', getLink(LOOPBACK));
    return { ...dump, consistent: dump.consistent && !witness.sawChange };
  }

  #link({ groupId, ...link }: LinkReport): LinuxIfnet {
    const state: IfnetState = { ...link, groups: this.groups.of(groupId, link.kind) };
    const ifp = this.#find(link.index);
    if (ifp !== undefined && ifp.type === link.type && ifp.kind === link.kind) {
      this.ifnet.update(ifp, keepDowns(state, ifp.carrierDowns));
      return ifp;
    }
    // The index was reused for another interface, and the reports in between were lost.
    if (ifp !== undefined) this.#depart(ifp);
    this.#vacate(link.name);
    const arrived = this.make(state);
    this.ifnet.attach(arrived);
    return arrived;
  }

  /**
   * Names are unique. If the table has an interface with the name of one that arrives, what has become of it was not reported
   * yet, and a dump that changes overtook does not tell: should it be gone, it departs first, as its followers expect.
   */
  #vacate(name: string): void {
    const holder = this.ifnet.byName(name);
    if (holder instanceof LinuxIfnet && this.#isGone(holder)) this.#depart(holder);
  }

  #isGone({ index, name }: LinuxIfnet): boolean {
    try {
      this.requests.request(name, 'look it up', getLink(index));
      return false;
    } catch (error) {
      if (!(error instanceof IfnetError)) throw error;
      return error.code === 'ENODEV';
    }
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
    const vhid = ifp.vhids.reported(address.prefix.address);
    this.ifnet.setAddress(ifp, vhid === undefined ? address : { ...address, vhid });
  }

  #unaddress({ index, address }: AddressReport): void {
    const ifp = this.#find(index);
    if (ifp !== undefined) this.#removed(ifp, address);
  }

  #removed(ifp: LinuxIfnet, address: IfAddress): void {
    this.ifnet.unsetAddress(ifp, address);
    // It may still be there with another prefix length.
    ifp.vhids.removed(address.prefix.address, () => ifp.hasAddress(address.prefix.address));
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

/** A handler that parses a message, and passes on the result if there is one. */
function given<T>(
  parse: (message: NetlinkMessage) => T | undefined,
  use: (report: T) => unknown,
): (message: NetlinkMessage) => void {
  return (message) => {
    const report = parse(message);
    if (report !== undefined) use(report);
  };
}

/** A message that a dump has overtaken must not lower the count, or the next one would look like a flap. */
function keepDowns(state: IfnetState, known: number | undefined): IfnetState {
  if (known === undefined || state.carrierDowns === undefined || state.carrierDowns >= known) return state;
  return { ...state, carrierDowns: known };
}
