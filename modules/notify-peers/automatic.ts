/**
 * @module
 * The announcements that happen by themselves: when an interface comes up or its link-layer address changes (if the host's
 * settings arp_notify and ndisc_notify say so, as in Linux's inetdev_event and ndisc_netdev_event), and when the
 * machine wakes up or finds itself on another host (if net.link.notify_peers.on_resume says so).
 *
 * An interface that comes up is announced when its link is up: what is sent before that is lost. A link that comes
 * back by itself is no occasion, because a flapping link would announce without end; a migration is one, and a
 * program can say so with `netifNotifyPeers`. IPv6 addresses follow one by one as duplicate address detection ends.
 */
import { EVENTHANDLER_PRI_LAST, type Scope, type SysctlBool } from '../../core/index.js';
import type { IfAddress, IfaddrOp, Ifnet, IfnetModule, InetAddress, LinkState } from '../ifnet/index.js';

/** What the announcements that happen by themselves need of the module. */
export interface AutomaticNeeds {
  /** The addresses of the interface that are this host's to announce. */
  usable(ifp: Ifnet): readonly InetAddress[];
  notify(ifp: Ifnet, addresses?: readonly InetAddress[]): void;
}

/** Announces addresses when an interface comes up, when its link-layer address changes, and after a resume. */
export class Automatic {
  /** Came up without a link. */
  readonly #waiting = new Set<Ifnet>();
  /** IPv6 addresses under duplicate address detection, by interface. */
  readonly #tentative = new Map<Ifnet, Set<string>>();

  constructor(
    private readonly interfaces: IfnetModule,
    private readonly onResume: SysctlBool,
    private readonly needs: AutomaticNeeds,
  ) {}

  register(scope: Scope): void {
    scope.register('ifnet_event', (ifp, event) => this.#administrative(ifp, event));
    scope.register('ifnet_link_event', (ifp, state) => this.#link(ifp, state));
    scope.register('iflladdr_event', (ifp) => this.#announce(ifp));
    scope.register('ifaddr_event', (ifp, address, op) => this.#address(ifp, address, op));
    scope.register('ifnet_departure_event', (ifp) => this.#forget(ifp));
    scope.register('ifnet_release_event', (ifp) => this.#forget(ifp));
    // Behind the protocols: a MASTER that slept too long gives its addresses up, which are another host's by now.
    scope.register('power_resume', () => this.#resumed(), undefined, EVENTHANDLER_PRI_LAST);
    scope.register('vm_generation_event', () => this.#resumed(), undefined, EVENTHANDLER_PRI_LAST);
  }

  #administrative(ifp: Ifnet, event: 'UP' | 'DOWN'): void {
    if (event === 'DOWN') this.#waiting.delete(ifp);
    else if (ifp.linkState === 'UP') this.#announce(ifp);
    else this.#waiting.add(ifp);
  }

  #link(ifp: Ifnet, state: LinkState): void {
    if (state === 'UP' && this.#waiting.delete(ifp)) this.#announce(ifp);
  }

  #announce(ifp: Ifnet): void {
    if (ifp.linkState !== 'UP') return;
    const families = this.#wanted(ifp);
    if (families.length === 0) return;
    const addresses = this.needs.usable(ifp).filter(({ family }) => families.includes(family));
    if (addresses.length > 0) this.needs.notify(ifp, addresses);
  }

  #wanted(ifp: Ifnet): readonly number[] {
    return [
      ...((ifp.sysctl(4, 'arp_notify') ?? 0) > 0 ? [4] : []),
      ...((ifp.sysctl(6, 'ndisc_notify') ?? 0) > 0 ? [6] : []),
    ];
  }

  #address(ifp: Ifnet, { prefix, tentative }: IfAddress, op: IfaddrOp): void {
    const { address } = prefix;
    if (address.family === 4) return;
    const text = address.toString();
    const known = this.#tentative.get(ifp) ?? new Set();
    if (tentative && op !== 'DEL') {
      this.#tentative.set(ifp, known.add(text));
    } else if (known.delete(text) && op === 'CHANGE' && this.#wanted(ifp).includes(6)) {
      this.needs.notify(ifp, [address]);
    }
  }

  #forget(ifp: Ifnet): void {
    this.#waiting.delete(ifp);
    this.#tentative.delete(ifp);
  }

  #resumed(): void {
    if (!this.onResume.value) return;
    for (const ifp of this.interfaces.list()) if (ifp.linkState === 'UP') this.needs.notify(ifp);
  }
}
