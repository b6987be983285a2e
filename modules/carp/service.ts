/**
 * What a vhid does for its clients: while it is MASTER its addresses are there, and the neighbours are told where. They
 * are on its interface, or with `virtualMac: 'service'` on one of their own.
 */
import { formatLladdr, type Ifnet, type InetPrefix } from '../ifnet/index.js';
import { CarpAnnouncer } from './announcer.js';
import type { CarpContext } from './context.js';
import { type CarpPlace, onInterface } from './place.js';
import { CarpSharedAddresses } from './shared-addresses.js';
import type { CarpVhid } from './vhid.js';
import { CarpVirtualInterface, clearVirtual } from './virtual-interface.js';
import { lladdrOf } from './virtual-lladdr.js';

export class CarpService implements Disposable {
  readonly #vhid: CarpVhid;
  readonly #context: CarpContext;
  readonly #shared: CarpSharedAddresses;
  readonly #announcer: CarpAnnouncer;
  #place: CarpPlace | undefined;
  /** What of the settings the place was made for. */
  #madeFor = '';

  constructor(vhid: CarpVhid, context: CarpContext) {
    this.#vhid = vhid;
    this.#context = context;
    this.#shared = new CarpSharedAddresses(vhid.vhid, vhid.name, context);
    this.#announcer = new CarpAnnouncer(vhid, context);
  }

  /** The link-layer address that the neighbours are to know; undefined: the interface's own. */
  get lladdr(): Uint8Array | undefined {
    const { settings } = this.#vhid;
    return settings.virtualMac === 'service' ? lladdrOf(settings) : undefined;
  }

  /** What carries the addresses, while that is there. */
  get ifp(): Ifnet | undefined {
    return this.#place?.ifp;
  }

  /** The vhid's interface is there, or not any more. Throws what making a virtual one throws, and has none then. */
  bind(parent: Ifnet | undefined): void {
    this.#shared.moveTo(undefined);
    this.#place?.[Symbol.dispose]();
    this.#place = undefined;
    if (parent === undefined) return;
    const { settings, addresses, vhid } = this.#vhid;
    if (settings.manageAddresses) this.#shared.clear(parent, addresses);
    if (this.lladdr === undefined) clearVirtual(vhid, parent, this.#context);
    this.#madeFor = this.#wanted;
    const place = this.#makePlace(parent);
    this.#place = place;
    this.#shared.moveTo(place);
    try {
      place.open();
    } catch (error) {
      this.bind(undefined);
      throw error;
    }
  }

  /** Settings have changed: another place, if they ask for one. Throws as `bind`. */
  refit(): void {
    const parent = this.#vhid.ifp;
    if (parent === undefined || this.#madeFor === this.#wanted) return;
    this.#shared.set(false, []);
    this.bind(parent);
    if (this.lladdr === undefined) this.#moved();
  }

  /** The addresses follow the state. */
  place(): void {
    const serving = this.#vhid.state === 'MASTER';
    this.#shared.set(serving, serving && this.#vhid.settings.manageAddresses ? this.#vhid.addresses : []);
  }

  /** Tells the neighbours, if it is MASTER. */
  announce(): void {
    this.#announcer.announce();
  }

  /** Somebody took an address off an interface. */
  addressRemoved(ifp: Ifnet, prefix: InetPrefix): void {
    if (this.#vhid.state === 'MASTER' && ifp === this.ifp) this.#shared.removed(prefix);
  }

  [Symbol.dispose](): void {
    this.#announcer[Symbol.dispose]();
    this.#shared[Symbol.dispose]();
    this.bind(undefined);
  }

  get #wanted(): string {
    const { lladdr } = this;
    return lladdr === undefined ? '' : `${formatLladdr(lladdr)} ${this.#vhid.families.join()}`;
  }

  #makePlace(parent: Ifnet): CarpPlace {
    const { lladdr } = this;
    if (lladdr === undefined) return onInterface(parent);
    const { vhid, name, families } = this.#vhid;
    const what = { name, vhid, parent, lladdr, ipv6: families.includes(6) };
    return new CarpVirtualInterface(
      {
        ...what,
        arrived: () => this.#moved(),
        lowered: () => this.#shared.disturbed(),
        addressRemoved: (ifp, prefix) => this.addressRemoved(ifp, prefix),
      },
      this.#context,
    );
  }

  /** The place is there, for the first time or again. */
  #moved(): void {
    this.#shared.moveTo(this.#place);
    this.place();
    this.announce();
  }
}
