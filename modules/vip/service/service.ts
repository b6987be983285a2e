import { formatLladdr, type IfAddress, type Ifnet, type InetPrefix } from '../../ifnet/index.js';
import type { VipContext } from '../context.js';
import { VipError } from '../errors.js';
import type { VipServiceState } from '../handover/schema.js';
import { InterfacePlace, type Place } from '../place/place.js';
import { VirtualInterface } from '../place/virtual-interface.js';
import { clearVirtual } from '../place/virtual-inventory.js';
import { ProvidedAddresses } from '../provider/provided.js';
import { BUILTIN_PROVIDERS, isLocal, putsInPlace } from '../provider/provider.js';
import { VipRoutes } from '../route/routes.js';
import { Announcer } from './announcer.js';
import { removeLeftovers, removeStray } from './leftovers.js';
import type { VipServiceOwner } from './owner.js';
import { SharedAddresses } from './shared-addresses.js';
import type { Tenant } from './tenancy.js';
import type { Trouble } from './trouble.js';
import { Troubles } from './troubles.js';

/**
 * What a virtual host does for its clients: while it is MASTER its addresses are in place, and the neighbours have been
 * told. The addresses are on its interface, or with a link-layer address of their own on a virtual one.
 */
export class VipService implements Tenant, Disposable {
  readonly #vhid: VipServiceOwner;
  readonly #context: VipContext;
  readonly #shared: SharedAddresses;
  readonly #announcer: Announcer;
  readonly #routes: VipRoutes;
  readonly #troubles: Troubles;
  /** Of a provider that is none of ours, which a change of settings replaces. */
  #provided: ProvidedAddresses | undefined;
  #provider: string | undefined;
  #place: Place | undefined;
  #tenant: Disposable | undefined;
  /** The settings that the place was made for; undefined while there is none. */
  #madeFor: string | undefined;

  /** @param report called with what keeps it from serving, after each attempt to serve; undefined: nothing does */
  constructor(vhid: VipServiceOwner, context: VipContext, report: (trouble: Trouble | undefined) => void) {
    this.#vhid = vhid;
    this.#context = context;
    this.#troubles = new Troubles(report);
    this.#shared = new SharedAddresses(vhid, context, (trouble) => this.#reported(trouble));
    this.#routes = new VipRoutes(vhid, context, this.#troubles.reporter('routes'));
    this.#announcer = new Announcer(vhid, () => this.#served, context);
    this.#fitProvider();
  }

  /** Whether it has a place. */
  get placed(): boolean {
    return this.#place !== undefined;
  }

  /** The interface that carries the addresses, while it exists. */
  get ifp(): Ifnet | undefined {
    return this.#place?.ifp;
  }

  /**
   * The vhid's interface has arrived, or (undefined) departed; the addresses leave their former place.
   *
   * @throws IfnetError or VipError if a virtual interface cannot be made; there is no place then
   */
  bind(parent: Ifnet | undefined): void {
    this.#routes.follow(false, undefined);
    this.#shared.set(false, []);
    this.#shared.moveTo(undefined);
    this.#place?.[Symbol.dispose]();
    this.#place = undefined;
    this.#madeFor = undefined;
    this.#tenant?.[Symbol.dispose]();
    this.#tenant = undefined;
    if (parent === undefined) return;
    this.#tenant = this.#context.tenancy.enter(parent, this);
    this.#tidy(parent);
    if (this.#vhid.servedLladdr === undefined) clearVirtual(this.#vhid, parent, this.#context);
    const place = this.#makePlace(parent);
    try {
      place.open();
    } catch (error) {
      place[Symbol.dispose]();
      throw error;
    }
    this.#place = place;
    this.#madeFor = this.#wanted;
    if (place.ifp !== undefined) this.#routes.tidy(place.ifp);
    this.#shared.moveTo(place);
  }

  capture(): VipServiceState {
    return {
      place: this.#madeFor ?? null,
      ...this.#shared.capture(),
      promoted: this.#place?.promoted ?? null,
      provided: this.#provided?.capture() ?? null,
      unsettled: this.#provided?.captureUnsettled() ?? null,
      routes: this.#routes.capture(),
      troubles: this.#troubles.capture(),
      ...this.#announcer.capture(),
    };
  }

  /** In a successor that stands by: what `adopt` would else do first, where that changes nothing that others can see. */
  prepare(parent: Ifnet, { place, placed }: Pick<VipServiceState, 'place' | 'placed'>): void {
    if (place === '' && place === this.#wanted) this.#shared.prepare(parent, placed);
  }

  /**
   * Instead of `bind`: goes on with what a predecessor has put on the interface; nothing is changed there.
   *
   * @throws VipError EHANDOVER if the settings want another place; IfnetError
   */
  adopt(parent: Ifnet, state: VipServiceState): void {
    const { name, state: standing } = this.#vhid;
    if (state.place !== this.#wanted)
      throw new VipError(
        'EHANDOVER',
        `${this.#context.protocol} ${name}: virtualMac or lladdr has changed: apply that before the upgrade, or leave it for later`,
      );
    this.#tenant = this.#context.tenancy.enter(parent, this);
    const place = this.#makePlace(parent);
    this.#place = place;
    this.#madeFor = state.place;
    place.adopt(standing === 'MASTER', state.promoted);
    this.#shared.moveTo(place);
    this.#shared.adopt(state);
    this.#announcer.adopt(state);
    this.#provided?.adopt(state.provided, state.unsettled);
    if (place.ifp !== undefined) this.#routes.adopt(place.ifp, state.routes);
    this.#troubles.adopt(state.troubles);
    if (this.#provided === undefined) this.#troubles.gone('provider');
  }

  /** Leaves everything in place to a successor. */
  give(): void {
    this.#announcer[Symbol.dispose]();
    this.#provided?.give();
    this.#routes.give();
    this.#shared.give();
    this.#place?.give();
    this.#place = undefined;
    this.#madeFor = undefined;
    this.#tenant?.[Symbol.dispose]();
    this.#tenant = undefined;
  }

  /** Settings have changed: makes a new place if they ask for one. @throws as {@link bind} */
  refit(): void {
    const parent = this.#vhid.ifp;
    if (parent === undefined) return;
    if (this.#madeFor === this.#wanted) {
      this.#routes.review();
      return this.#tidy(parent);
    }
    this.bind(parent);
    this.#moved();
  }

  /** Adds or removes the addresses, by the vhid's state. */
  follow(): void {
    const serving = this.#vhid.state === 'MASTER';
    this.#fitProvider();
    if (!serving) this.#routes.follow(false, this.ifp);
    this.#shared.set(serving, serving ? this.#managed : []);
    this.#provided?.set(serving, this.#vhid.addresses);
    if (serving) this.#routes.follow(true, this.ifp);
  }

  /** An advertisement has left: the addresses may live on. */
  advertised(): void {
    this.#shared.lease.sent();
  }

  /** A successor is about to take over: the addresses live on as long as is safe. */
  extend(): void {
    if (this.#vhid.state === 'MASTER') this.#shared.lease.extend();
  }

  /**
   * Before it takes over: puts the addresses and routes in place, but for a provider's, which a peer may have. If not all
   * can be, removes them. @returns whether they are there
   */
  tryToServe(): boolean {
    const whole = this.#shared.set(true, this.#managed) && this.#routes.follow(true, this.ifp);
    if (!whole) {
      this.#routes.follow(false, this.ifp);
      this.#shared.set(false, []);
    }
    return whole;
  }

  /**
   * Announces the addresses to the neighbours if the vhid is MASTER; then the interface's table shows them.
   * @param contested another MASTER was heard
   */
  announce(contested = false): void {
    this.#announcer.announce(contested);
    this.ifp?.catchUp();
  }

  /** An address was removed from an interface, perhaps one of ours. */
  addressRemoved(ifp: Ifnet, prefix: InetPrefix): void {
    if (this.#vhid.state === 'MASTER' && ifp === this.ifp) this.#shared.removed(prefix);
  }

  /** An address that no virtual host of this process has put there has appeared on the vhid's interface. */
  addressAppeared(ifp: Ifnet, address: IfAddress): void {
    if (this.#puts) removeStray(ifp, address, this.#vhid.name, this.#context);
  }

  holds(ifp: Ifnet, prefix: InetPrefix): boolean {
    return ifp === this.ifp && this.#shared.has(prefix);
  }

  /** The clients send to the former link-layer address, unless the shared addresses have one of their own. */
  lladdrChanged(): void {
    if (this.#vhid.servedLladdr === undefined) this.announce();
  }

  [Symbol.dispose](): void {
    this.#announcer[Symbol.dispose]();
    this.#provided?.[Symbol.dispose]();
    this.#routes[Symbol.dispose]();
    this.#shared[Symbol.dispose]();
    this.bind(undefined);
  }

  /** The addresses that are put in place. */
  get #managed(): readonly InetPrefix[] {
    return this.#puts ? this.#vhid.addresses : [];
  }

  /** The addresses that a MASTER answers for: scripts may have put there what we do not manage. */
  get #served(): readonly InetPrefix[] {
    const { settings, addresses } = this.#vhid;
    const provided = this.#provided;
    if (provided !== undefined) return addresses.filter((prefix) => provided.announces(prefix));
    if (!isLocal(settings.provider)) return [];
    return settings.manageAddresses ? addresses.filter((prefix) => this.#shared.serves(prefix)) : addresses;
  }

  get #wanted(): string {
    const { servedLladdr: lladdr } = this.#vhid;
    return lladdr === undefined ? '' : `${formatLladdr(lladdr)} ${this.#vhid.families.join()}`;
  }

  /** With an address that was away a route may have gone that has it as its source, or a router in its network. */
  #reported(trouble: Trouble | undefined): void {
    if (trouble !== undefined) return this.#troubles.found('place', trouble);
    this.#troubles.gone('place');
    this.#routes.restored();
  }

  /** Whether it puts the addresses on an interface itself. */
  get #puts(): boolean {
    return putsInPlace(this.#vhid.settings);
  }

  /** The former provider removes its addresses when another one is set. */
  #fitProvider(): void {
    const { provider } = this.#vhid.settings;
    if (provider === this.#provider) return;
    this.#provider = provider;
    if (this.#provided !== undefined) this.#troubles.gone('provider');
    this.#provided?.[Symbol.dispose]();
    this.#provided = (BUILTIN_PROVIDERS as readonly string[]).includes(provider)
      ? undefined
      : new ProvidedAddresses(this.#vhid, provider, this.#context, {
          report: this.#troubles.reporter('provider'),
          placed: () => this.announce(),
        });
  }

  #tidy(parent: Ifnet): void {
    if (this.#puts) removeLeftovers(parent, this.#vhid, this.#context);
  }

  #makePlace(parent: Ifnet): Place {
    const { vhid, virtualPrefix, name, families, servedLladdr: lladdr } = this.#vhid;
    if (lladdr === undefined) {
      const ipv4 = () => this.#puts && this.#vhid.families.includes(4);
      return new InterfacePlace(parent, name, ipv4, this.#context);
    }
    return new VirtualInterface(
      {
        name,
        vhid,
        virtualPrefix,
        parent,
        lladdr,
        ipv6: families.includes(6),
        arrived: () => this.#moved(),
        failed: (reason) => this.#troubles.found('place', { reason, total: true }),
        lowered: () => this.#shared.disturbed(),
        addressRemoved: (ifp, prefix) => this.addressRemoved(ifp, prefix),
      },
      this.#context,
    );
  }

  /** The place was replaced or re-created. */
  #moved(): void {
    this.#shared.moveTo(this.#place);
    this.follow();
    this.announce();
  }
}
