/**
 * @module
 * netif_notify_peers: tell the neighbours, and the switches between, where an interface's addresses now are. After a
 * failover, a migration or a changed cable the others would otherwise go on sending to the old place until their
 * caches expire.
 *
 * `netifNotifyPeers` invokes the list `netdev_notify_peers` once for each round. On it stand the ARP handler
 * (gratuitous ARP for IPv4), the neighbour-discovery handler (unsolicited advertisement for IPv6), and one that
 * passes a request for a whole interface on to the VLANs above it, as Linux does. The first round is on the wire
 * when `netifNotifyPeers` returns.
 *
 * A frame that cannot be sent is counted and logged, and nothing throws: an announcement is help, not a condition.
 */
import {
  Clock,
  type Counter,
  EventHandler,
  EventHandlerRegistry,
  inject,
  Log,
  Module,
  Scope,
  type SysctlInt,
} from '../../core/index.js';
import {
  type IfAddress,
  type IfaddrOp,
  Ifnet,
  IfnetError,
  IfnetModule,
  type InetAddress,
  type InetFamily,
} from '../ifnet/index.js';
import { hasPeers, type IsForeign, usableAddresses } from './addresses.js';
import { Announcement, type Rounds } from './announcement.js';
import { Automatic } from './automatic.js';
import type { ArpForm, NotifyPeersRequest, NotifyPeersTally } from './events.js';
import { gratuitousArp } from './garp.js';
import { question } from './question.js';
import { Routers } from './routers.js';
import { unsolicitedNa } from './unsolicited-na.js';

/** What to announce and how; defaults come from the sysctls `net.link.notify_peers.*`. */
export interface NotifyPeersOptions extends Partial<Rounds> {
  readonly addresses?: readonly InetAddress[];
  readonly lladdr?: Uint8Array;
  readonly form?: ArpForm;
  /** Whether neighbour advertisements say that this host is a router; default: whether the interface forwards IPv6. */
  readonly router?: boolean;
  /** Neighbours, such as gateways, that ignore gratuitous ARP: each address asks them too, which they must answer. */
  readonly ask?: readonly InetAddress[];
}

/** Announces where an interface's addresses are: gratuitous ARP, unsolicited neighbour advertisements. */
@Module({ name: 'notify-peers', depends: [IfnetModule] })
export class NotifyPeers {
  readonly #running = new Set<Announcement>();
  readonly #foreign = new Set<IsForeign>();
  readonly #routers: Routers;
  readonly #count: SysctlInt;
  readonly #interval: SysctlInt;
  readonly #sent: { readonly arp: Counter; readonly na: Counter };
  readonly #asked: Counter;
  readonly #errors: Counter;

  constructor(
    @inject(EventHandlerRegistry) private readonly eventhandler: EventHandlerRegistry,
    @inject(IfnetModule) private readonly interfaces: IfnetModule,
    @inject(Clock) private readonly clock: Clock,
    @inject(Log) private readonly log: Log,
    @inject(Scope) scope: Scope,
  ) {
    const { sysctl } = scope;
    this.#routers = new Routers(clock);
    this.#count = sysctl.int('net.link.notify_peers.count', {
      description: 'announcements of each address, where the caller does not say',
      value: 1,
      min: 1,
      max: 255,
    });
    this.#interval = sysctl.int('net.link.notify_peers.interval', {
      description: 'milliseconds between two announcements of an address',
      value: 1000,
      min: 0,
      max: 3_600_000,
    });
    this.#sent = {
      arp: sysctl.counter('net.link.notify_peers.arp', 'gratuitous ARPs sent'),
      na: sysctl.counter('net.link.notify_peers.na', 'unsolicited neighbour advertisements sent'),
    };
    this.#asked = sysctl.counter(
      'net.link.notify_peers.asked',
      'questions to neighbours that ignore announcements',
    );
    this.#errors = sysctl.counter('net.link.notify_peers.errors', 'announcements that could not be sent');
    const onResume = sysctl.bool('net.link.notify_peers.on_resume', {
      description: 'announce all addresses when the machine was suspended or moved to another host',
      value: true,
    });
    new Automatic(interfaces, onResume, {
      usable: (ifp) => this.#usable(ifp),
      notify: (ifp, addresses) => {
        this.netifNotifyPeers(ifp, addresses === undefined ? {} : { addresses });
      },
    }).register(scope);
    scope.defer(() => {
      for (const announcement of this.#running) announcement[Symbol.dispose]();
    });
  }

  /**
   * Announces the interface's addresses, or those given whether they are on the interface or not.
   *
   * @returns the announcement: its `done` says what became of it, disposing of it stops the rounds still to come
   */
  netifNotifyPeers(ifp: Ifnet, options: NotifyPeersOptions = {}): Announcement {
    const { addresses, lladdr, form = 'request', router, ask } = options;
    const { count = this.#count.value, interval = this.#interval.value, repeat = 0 } = options;
    const request = {
      form,
      tally: { sent: 0, failed: 0 },
      ...(addresses === undefined ? {} : { addresses }),
      ...(lladdr === undefined ? {} : { lladdr }),
      ...(router === undefined ? {} : { router }),
      ...(ask === undefined ? {} : { ask }),
    };
    const announcement = new Announcement(ifp, request, {
      clock: this.clock,
      rounds: { count, interval, repeat },
      send: (round) => this.eventhandler.invoke('netdev_notify_peers', ifp, round),
      ended: (ended) => this.#running.delete(ended),
    });
    this.#running.add(announcement);
    announcement.run();
    return announcement;
  }

  /**
   * Has addresses left out where an announcement does not name them: one that this host still bears may be another host's by
   * now, which would lose its clients.
   *
   * @returns ends it
   */
  leaveOut(isForeign: IsForeign): Disposable {
    this.#foreign.add(isForeign);
    return { [Symbol.dispose]: () => void this.#foreign.delete(isForeign) };
  }

  @EventHandler('netdev_notify_peers')
  arp(ifp: Ifnet, request: NotifyPeersRequest): void {
    if (!hasPeers(ifp)) return;
    for (const address of this.#addresses(ifp, request, 4)) {
      const frame = gratuitousArp(address, request.lladdr ?? ifp.lladdr, request.form);
      this.#transmit(ifp, address, frame, request.tally, this.#sent.arp);
      this.#ask(ifp, address, request);
    }
  }

  @EventHandler('netdev_notify_peers')
  ndisc(ifp: Ifnet, request: NotifyPeersRequest): void {
    if (!hasPeers(ifp)) return;
    for (const address of this.#addresses(ifp, request, 6)) {
      const router = request.router ?? this.#routers.has(ifp);
      const frame = unsolicitedNa(address, request.lladdr ?? ifp.lladdr, router);
      this.#transmit(ifp, address, frame, request.tally, this.#sent.na);
      this.#ask(ifp, address, request);
    }
  }

  /** As vlan_device_event: what concerns a whole interface concerns the VLANs on it too. */
  @EventHandler('netdev_notify_peers')
  vlans(ifp: Ifnet, request: NotifyPeersRequest): void {
    if (request.addresses !== undefined) return;
    for (const vlan of this.interfaces.list()) {
      if (vlan.vlan?.parent === ifp.index && vlan !== ifp) {
        this.eventhandler.invoke('netdev_notify_peers', vlan, request);
      }
    }
  }

  @EventHandler('ifaddr_event')
  addressGone(ifp: Ifnet, address: IfAddress, op: IfaddrOp): void {
    if (op !== 'DEL') return;
    for (const announcement of this.#running) {
      if (announcement.ifp === ifp) announcement.forget(address.prefix.address);
    }
  }

  @EventHandler('ifnet_departure_event')
  @EventHandler('ifnet_release_event')
  interfaceGone(ifp: Ifnet): void {
    for (const announcement of this.#running) {
      if (announcement.ifp === ifp) announcement[Symbol.dispose]();
    }
  }

  /** The addresses of one family to announce. */
  #addresses(ifp: Ifnet, { addresses }: NotifyPeersRequest, family: InetFamily): InetAddress[] {
    return (addresses ?? this.#usable(ifp)).filter((address) => address.family === family);
  }

  #usable(ifp: Ifnet): InetAddress[] {
    return usableAddresses(ifp, (address) => [...this.#foreign].some((isForeign) => isForeign(address)));
  }

  #ask(ifp: Ifnet, address: InetAddress, { ask = [], lladdr = ifp.lladdr, tally }: NotifyPeersRequest): void {
    for (const neighbour of ask) {
      if (neighbour.family !== address.family) continue;
      this.#transmit(ifp, address, question(address, neighbour, lladdr), tally, this.#asked);
    }
  }

  #transmit(
    ifp: Ifnet,
    address: InetAddress,
    frame: Uint8Array,
    tally: NotifyPeersTally,
    counter: Counter,
  ): void {
    try {
      ifp.transmit(frame);
      tally.sent++;
      counter.add();
    } catch (error) {
      if (!(error instanceof IfnetError)) throw error;
      tally.failed++;
      this.#errors.add();
      this.log
        .limited(`notify-peers ${ifp.name} ${error.code}`)
        .warning(`${address} was not announced: ${error.message}`);
    }
  }
}
