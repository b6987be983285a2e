/**
 * What a vhid does for its clients: while it is MASTER its addresses are there, and the neighbours are told where. They
 * are on its interface, or with `virtualMac: 'service'` on one of their own.
 */
import { formatLladdr, type Ifnet, type InetPrefix } from '../../ifnet/index.js';
import type { CarpContext } from '../context.js';
import type { CarpVhid } from '../vhid.js';
import { lladdrOf } from '../wire/virtual-lladdr.js';
import { CarpAnnouncer } from './announcer.js';
import { type CarpPlace, onInterface } from './place.js';
import { CarpSharedAddresses } from './shared-addresses.js';
import { CarpVirtualInterface } from './virtual-interface.js';
import { clearVirtual } from './virtual-inventory.js';

export class CarpService implements Disposable {
  readonly #vhid: CarpVhid;
  readonly #context: CarpContext;
  readonly #shared: CarpSharedAddresses;
  readonly #announcer: CarpAnnouncer;
  #place: CarpPlace | undefined;
  /** What of the settings the place was made for; undefined while there is none. */
  #madeFor: string | undefined;

  constructor(vhid: CarpVhid, context: CarpContext) {
    this.#vhid = vhid;
    this.#context = context;
    this.#shared = new CarpSharedAddresses(vhid.vhid, vhid.name, context, () =>
      vhid.evaluate('hardware interface up'),
    );
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

  /** It is MASTER, or would be, and its clients are not served: the addresses have no place that works. */
  get failing(): boolean {
    return this.#shared.failing;
  }

  /**
   * The vhid's interface is there, or not any more; the addresses leave where they were. Throws what making a virtual
   * interface throws, and has no place then.
   */
  bind(parent: Ifnet | undefined): void {
    this.#shared.set(false, []);
    this.#shared.moveTo(undefined);
    this.#place?.[Symbol.dispose]();
    this.#place = undefined;
    this.#madeFor = undefined;
    if (parent === undefined) return;
    const { settings, addresses, vhid } = this.#vhid;
    if (settings.manageAddresses) this.#shared.clear(parent, addresses);
    if (this.lladdr === undefined) clearVirtual(vhid, parent, this.#context);
    const place = this.#makePlace(parent);
    try {
      place.open();
    } catch (error) {
      place[Symbol.dispose]();
      throw error;
    }
    this.#place = place;
    this.#madeFor = this.#wanted;
    this.#shared.moveTo(place);
  }

  /** Settings have changed: another place, if they ask for one. Throws as `bind`. */
  refit(): void {
    const parent = this.#vhid.ifp;
    if (parent === undefined || this.#madeFor === this.#wanted) return;
    this.bind(parent);
    this.#moved();
  }

  /** The addresses follow the state. */
  follow(): void {
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
        failed: () => this.#shared.failed(),
        lowered: () => this.#shared.disturbed(),
        addressRemoved: (ifp, prefix) => this.addressRemoved(ifp, prefix),
      },
      this.#context,
    );
  }

  /** There is another place, or the same again. */
  #moved(): void {
    this.#shared.moveTo(this.#place);
    this.follow();
    this.announce();
  }
}
