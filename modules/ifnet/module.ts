/**
 * @module
 * From a driver's report to the events.
 *
 * Drivers report (`attach`, `detach`, `release`, `update`, `setAddress`, `unsetAddress`, `neighbour`, `redirect`); a report is
 * compared with what is known, becomes the new state, and its differences are invoked in a fixed order:
 * rename, ifnet_event, iflladdr, mtu, groups, vlan, bpf_track, link. A report without a difference is silent.
 *
 * Re-entry: reports made while handlers run (a handler adds an address) wait until those handlers are done, so every
 * handler sees the events in the order of the reports and a state that fits its event. Outside handlers a report has
 * been dealt with when it returns.
 */
import { type EventArgs, EventHandlerRegistry, inject, Module } from '../../core/index.js';
import { sameBytes } from './address.js';
import { changedAddress, downsBetween, setDifference } from './difference.js';
import type { IfnetEvents, LleEvent, Llentry, RouteRedirect } from './events.js';
import { type Ifnet, STATE } from './ifnet.js';
import { addressKey, type IfAddress, type IfnetState, type LinkState } from './state.js';

/** The table of interfaces, and the one place that invokes their events. */
@Module({ name: 'ifnet' })
export class IfnetModule {
  readonly #byIndex = new Map<number, Ifnet>();
  readonly #byName = new Map<string, Ifnet>();
  /** Names that two interfaces have at the same time, by what was reported so far. */
  readonly #namesakes = new Set<string>();
  readonly #reports: (() => void)[] = [];
  #dispatching = false;

  constructor(@inject(EventHandlerRegistry) private readonly eventhandler: EventHandlerRegistry) {}

  byName(name: string): Ifnet | undefined {
    return this.#byName.get(name);
  }

  byIndex(index: number): Ifnet | undefined {
    return this.#byIndex.get(index);
  }

  /** In the order of arrival. */
  list(): Ifnet[] {
    return [...this.#byIndex.values()];
  }

  /** Whether handlers of an ifnet event are running: reports made now wait for them. */
  get dispatching(): boolean {
    return this.#dispatching;
  }

  // ---- driver side

  attach(ifp: Ifnet): void {
    this.#report(() => {
      ifp[STATE].attached = true;
      this.#byIndex.set(ifp.index, ifp);
      this.#name(ifp);
      this.#invoke('ifnet_arrival_event', ifp);
      if (ifp.kind !== undefined) this.#invoke('if_clone_event', ifp, ifp.kind, 'CREATE');
      for (const group of ifp.groups) this.#joined(ifp, group);
      if (ifp.vlan) this.#invoke('vlan_config', this.byIndex(ifp.vlan.parent), ifp.vlan.tag, ifp);
    });
  }

  detach(ifp: Ifnet): void {
    this.#report(() => {
      if (!ifp.attached) return;
      for (const address of ifp.addresses) this.#unset(ifp, address);
      const { vlan, kind } = ifp;
      if (vlan) this.#invoke('vlan_unconfig', this.byIndex(vlan.parent), vlan.tag, ifp);
      for (const group of ifp.groups) this.#left(ifp, group);
      this.#forget(ifp);
      this.#invoke('ifnet_departure_event', ifp);
      if (kind !== undefined) this.#invoke('if_clone_event', ifp, kind, 'DESTROY');
    });
  }

  /**
   * Its driver lets go of the interface, which stays: it leaves the table with one event, because its addresses, groups
   * and so on stay as well.
   */
  release(ifp: Ifnet): void {
    this.#report(() => {
      if (!ifp.attached) return;
      this.#forget(ifp);
      this.#invoke('ifnet_release_event', ifp);
    });
  }

  /** The interface is now as `state` says; the index must be the one it has. */
  update(ifp: Ifnet, state: IfnetState): void {
    this.#report(() => {
      if (!ifp.attached) return;
      const old = ifp[STATE].state;
      ifp[STATE].state = state;
      this.#renamed(ifp, old, state);
      if (old.flags.up !== state.flags.up) this.#invoke('ifnet_event', ifp, state.flags.up ? 'UP' : 'DOWN');
      if (!sameBytes(old.lladdr, state.lladdr)) this.#invoke('iflladdr_event', ifp);
      if (old.mtu !== state.mtu) this.#invoke('ifnet_mtu_event', ifp, state.mtu);
      this.#regrouped(ifp, old, state);
      this.#retagged(ifp, old, state);
      this.#tracked(ifp, old, state);
      this.#linked(ifp, old, state);
    });
  }

  /** The address is there, as described: ADD when new, CHANGE when different, a no-op when the same. */
  setAddress(ifp: Ifnet, address: IfAddress): void {
    this.#report(() => {
      if (!ifp.attached) return;
      const softc = ifp[STATE];
      const key = addressKey(address);
      const known = softc.addresses.get(key);
      if (known !== undefined && !changedAddress(known, address)) return;
      softc.addresses.set(key, address);
      softc.list = undefined;
      this.#invoke('ifaddr_event', ifp, address, known ? 'CHANGE' : 'ADD');
    });
  }

  unsetAddress(ifp: Ifnet, address: IfAddress): void {
    this.#report(() => this.#unset(ifp, address));
  }

  neighbour(entry: Llentry, event: LleEvent): void {
    this.#report(() => this.#invoke('lle_event', entry, event));
  }

  redirect(redirect: RouteRedirect): void {
    this.#report(() => this.#invoke('route_redirect_event', redirect));
  }

  #report(apply: () => void): void {
    this.#reports.push(apply);
    if (this.#dispatching) return;
    this.#dispatching = true;
    try {
      for (let next = this.#reports.shift(); next !== undefined; next = this.#reports.shift()) next();
    } finally {
      this.#dispatching = false;
    }
  }

  #invoke<N extends keyof IfnetEvents>(name: N, ...args: EventArgs<N>): void {
    this.eventhandler.invoke(name, ...args);
  }

  #forget(ifp: Ifnet): void {
    ifp[STATE].attached = false;
    this.#byIndex.delete(ifp.index);
    this.#unname(ifp, ifp.name);
  }

  #name(ifp: Ifnet): void {
    const other = this.#byName.get(ifp.name);
    if (other !== undefined && other !== ifp) this.#namesakes.add(ifp.name);
    this.#byName.set(ifp.name, ifp);
  }

  /** Where reports were lost, as of two names swapped, the name is another interface's already, or still. */
  #unname(ifp: Ifnet, name: string): void {
    if (this.#byName.get(name) !== ifp) return;
    this.#byName.delete(name);
    if (!this.#namesakes.delete(name)) return;
    for (const other of this.#byIndex.values()) if (other.name === name) this.#name(other);
  }

  #unset(ifp: Ifnet, address: IfAddress): void {
    const softc = ifp[STATE];
    const key = addressKey(address);
    const known = softc.addresses.get(key);
    if (known === undefined) return;
    softc.addresses.delete(key);
    softc.list = undefined;
    this.#invoke('ifaddr_event', ifp, known, 'DEL');
  }

  #renamed(ifp: Ifnet, old: IfnetState, state: IfnetState): void {
    if (old.name === state.name) return;
    this.#unname(ifp, old.name);
    this.#name(ifp);
    this.#invoke('ifnet_rename_event', ifp, old.name);
  }

  #regrouped(ifp: Ifnet, old: IfnetState, state: IfnetState): void {
    for (const group of setDifference(old.groups, state.groups)) this.#left(ifp, group);
    for (const group of setDifference(state.groups, old.groups)) this.#joined(ifp, group);
  }

  #joined(ifp: Ifnet, group: string): void {
    this.#invoke('group_attach_event', ifp, group);
    this.#invoke('group_change_event', group);
  }

  #left(ifp: Ifnet, group: string): void {
    this.#invoke('group_detach_event', ifp, group);
    this.#invoke('group_change_event', group);
  }

  #retagged(ifp: Ifnet, old: IfnetState, state: IfnetState): void {
    if (old.vlan?.tag === state.vlan?.tag && old.vlan?.parent === state.vlan?.parent) return;
    if (old.vlan) this.#invoke('vlan_unconfig', this.byIndex(old.vlan.parent), old.vlan.tag, ifp);
    if (state.vlan) this.#invoke('vlan_config', this.byIndex(state.vlan.parent), state.vlan.tag, ifp);
  }

  #tracked(ifp: Ifnet, old: IfnetState, state: IfnetState): void {
    if (old.promiscuity === state.promiscuity) return;
    this.#invoke(
      'bpf_track',
      ifp,
      state.promiscuity > old.promiscuity ? 'ATTACH' : 'DETACH',
      state.promiscuity,
    );
  }

  #linked(ifp: Ifnet, old: IfnetState, state: IfnetState): void {
    if (old.linkState !== state.linkState) return this.#invoke('ifnet_link_event', ifp, state.linkState);
    if (state.linkState === 'UP' && downsBetween(old, state) > 0) this.#flapped(ifp, state);
  }

  /** The link went down and came back between two reports: handlers get both edges, each with the state that fits. */
  #flapped(ifp: Ifnet, state: IfnetState): void {
    const edges: LinkState[] = ['DOWN', 'UP'];
    for (const linkState of edges) {
      const running = linkState === 'UP';
      ifp[STATE].state = running ? state : { ...state, linkState, flags: { ...state.flags, running } };
      this.#invoke('ifnet_link_event', ifp, linkState);
    }
  }
}
