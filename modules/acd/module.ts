/**
 * @module
 * Address conflict detection for the addresses that this host holds as MASTER (RFC 5227 section 2.4; RFC 4862 section 5.4).
 *
 * `carp_state_event` and `vrrp_state_event` say that the MASTERs have changed, and the module `vip` which they are: of those
 * that a reload replaces nothing is said. For each interface with a MASTER's addresses there is an AcdWatch, with a link
 * socket per family whose filter holds these addresses. A frame that claims one is dropped if it names a link-layer address
 * of this host; else its HeldAddress judges it after a grace. Announcements go through NotifyPeers.
 *
 * No false alarm for: own frames that come back; a better MASTER that announces itself before its advertisement is heard
 * (the grace); two MASTERs after a partition, one of which yields (`carp_heard_event`, `vrrp_heard_event`: the protocol
 * settles that itself and has the loser's caches put right); candidates that ask for an address; proxies that override
 * nothing.
 *
 * Known not to work: what another host tells a third one in a frame to that alone, which no host but those two can hear;
 * with `virtualMac: service` what is sent to the virtual link-layer address alone, since its macvlan takes it.
 */
import {
  type Callout,
  Clock,
  EVENTHANDLER_PRI_FIRST,
  EventHandler,
  EventHandlerRegistry,
  inject,
  Kernel,
  Log,
  Module,
  type ModuleLifecycle,
  Scope,
  SETTINGS,
  type SysctlEnum,
  type SysctlInt,
} from '../../core/index.js';
import { formatLladdr, type Ifnet, IfnetError, IfnetModule, type InetAddress } from '../ifnet/index.js';
import { NotifyPeers } from '../notify-peers/index.js';
import { type Vip, VipModule, type VipStateChange } from '../vip/index.js';
import { readClaim } from './claim.js';
import { HeardMasters } from './heard-masters.js';
import { HeldAddress, type HeldAddressNeeds } from './held-address.js';
import { OwnLladdrs } from './own-lladdrs.js';
import { ACD_CONFLICTS, type AcdConfig, type AcdConflicts, acdSchema } from './settings.js';
import { type AcdStatistics, makeStatistics } from './statistics.js';
import { AcdWatch } from './watch.js';

/** How long changes are gathered before sockets and filters follow: a host takes over hundreds of vhids at once. */
const GATHER_MS = 10;
/** A socket that could not be opened is tried again after this. */
const RETRY_MS = 10_000;

/** The module `acd`: notices other hosts that use a MASTER's addresses. */
@Module({ name: 'acd', depends: [IfnetModule, NotifyPeers], settings: acdSchema })
export class AcdModule implements ModuleLifecycle {
  /** The counters `net.inet.acd.stats.*`. */
  readonly statistics: AcdStatistics;
  readonly #conflicts: SysctlEnum<AcdConflicts>;
  readonly #grace: SysctlInt;
  readonly #watches = new Map<Ifnet, AcdWatch>();
  readonly #heard: HeardMasters;
  readonly #own: OwnLladdrs;
  readonly #follow: Callout;
  readonly #needs: HeldAddressNeeds;

  constructor(
    @inject(Kernel) private readonly kernel: Kernel,
    @inject(EventHandlerRegistry) private readonly eventhandler: EventHandlerRegistry,
    @inject(IfnetModule) private readonly interfaces: IfnetModule,
    @inject(NotifyPeers) private readonly peers: NotifyPeers,
    @inject(Clock) private readonly clock: Clock,
    @inject(Log) private readonly log: Log,
    @inject(Scope) private readonly scope: Scope,
    @inject(SETTINGS) settings: AcdConfig,
  ) {
    const { sysctl } = scope;
    this.statistics = makeStatistics(sysctl);
    this.#conflicts = sysctl.enum('net.inet.acd.conflicts', {
      description: "what is done when another host claims a MASTER's address: defend, report, or off",
      value: settings.conflicts,
      values: ACD_CONFLICTS,
    });
    this.#grace = sysctl.int('net.inet.acd.grace', {
      description: 'milliseconds from a claim to its judgement',
      value: settings.grace,
      min: 0,
      max: 60_000,
    });
    this.#heard = new HeardMasters(clock);
    this.#own = new OwnLladdrs(interfaces);
    this.#follow = scope.callout('follow', () => this.#listen());
    this.#needs = {
      clock,
      grace: this.#grace,
      holds: (held) => this.#holds(held),
      conflict: (held, lladdr) => this.#conflict(held, lladdr),
      settled: () => this.statistics.settled.add(),
    };
    scope.defer(() => this.#drop());
  }

  /** Vhids that are MASTER by now are watched too. */
  start(): void {
    this.scope.own(this.#conflicts.onChange(() => this.#followSoon()));
    this.#followSoon();
  }

  reconfigure({ conflicts, grace }: AcdConfig): void {
    this.#conflicts.value = conflicts;
    this.#grace.value = grace;
  }

  changes({ conflicts, grace }: AcdConfig): string[] {
    return [
      ...(conflicts === this.#conflicts.value ? [] : [`conflicts ${this.#conflicts.value} -> ${conflicts}`]),
      ...(grace === this.#grace.value ? [] : [`grace ${this.#grace.value} -> ${grace}`]),
    ];
  }

  // ---- event handlers

  /** Before the address leaves the interface: from this moment on nothing is answered for it. */
  @EventHandler('carp_state_event', EVENTHANDLER_PRI_FIRST)
  @EventHandler('vrrp_state_event', EVENTHANDLER_PRI_FIRST)
  onState(vhid: Vip, { from, to }: VipStateChange): void {
    if (from === 'MASTER') this.#forget(vhid);
    if (from === 'MASTER' || to === 'MASTER') this.#followSoon();
  }

  @EventHandler('carp_heard_event')
  @EventHandler('vrrp_heard_event')
  onHeard(vhid: Vip, _peer: InetAddress, interval: number): void {
    if (vhid.state === 'MASTER') this.#heard.heard(vhid, interval);
  }

  /** The addresses of a MASTER may have changed. */
  @EventHandler('ifaddr_event')
  onAddress(): void {
    this.#followSoon();
  }

  @EventHandler('iflladdr_event')
  @EventHandler('ifnet_arrival_event')
  onLladdr(): void {
    this.#own.changed();
  }

  @EventHandler('ifnet_departure_event')
  @EventHandler('ifnet_release_event')
  onDeparture(ifp: Ifnet): void {
    this.#own.changed();
    this.#watches.get(ifp)?.[Symbol.dispose]();
    this.#watches.delete(ifp);
  }

  // ---- details

  get #masters(): Vip[] {
    const vips = this.kernel.has(VipModule) ? this.kernel.get(VipModule).list() : [];
    return vips.filter(({ state }) => state === 'MASTER');
  }

  #forget(vhid: Vip): void {
    this.#heard.forget(vhid);
    for (const watch of this.#watches.values()) watch.keep((held) => held.vhid !== vhid);
  }

  #followSoon(): void {
    this.#followWithin(GATHER_MS);
  }

  #followWithin(ms: number): void {
    const at = this.clock.now() + ms;
    if (!this.#follow.pending || this.#follow.deadline > at) this.#follow.resetAt(at);
  }

  /** Watches exactly the addresses of the vhids that are MASTER. */
  #listen(): void {
    const masters = new Set(this.#conflicts.value === 'off' ? [] : this.#masters);
    for (const watch of this.#watches.values()) watch.keep((held) => masters.has(held.vhid) && serves(held));
    for (const vhid of masters) this.#hold(vhid);
    for (const [ifp, watch] of this.#watches) {
      this.#try(() => watch.listen());
      if (watch.held.size === 0) this.#watches.delete(ifp);
    }
  }

  #hold(vhid: Vip): void {
    const { ifp, addresses } = vhid;
    if (ifp?.type !== 'ether' || ifp.flags.noarp || !ifp.attached) return;
    const watch = this.#watches.get(ifp) ?? this.#watch(ifp);
    for (const { address } of addresses) {
      if (!watch.held.has(address.toString())) watch.hold(new HeldAddress(ifp, vhid, address, this.#needs));
    }
  }

  #watch(ifp: Ifnet): AcdWatch {
    const lost = (error: IfnetError): void => this.#warn(error);
    const watch = new AcdWatch(ifp, (from, frame) => this.#input(from, frame), lost);
    this.#watches.set(ifp, watch);
    return watch;
  }

  #input(watch: AcdWatch, frame: Uint8Array): void {
    const claim = readClaim(frame);
    const held = claim && watch.held.get(claim.address.toString());
    if (held === undefined || claim === undefined) return;
    const { kind, lladdr } = claim;
    if (this.#own.has(lladdr, held.vhid)) this.statistics.own.add();
    else if (kind === 'probe') this.statistics.probes.add();
    else if (kind === 'proxied') this.statistics.proxied.add();
    else {
      this.statistics.claims.add();
      held.claimed(lladdr);
    }
  }

  #holds(held: HeldAddress): boolean {
    const { vhid, ifp, address } = held;
    if (!this.#masters.includes(vhid) || !ifp.attached || !serves(held)) return false;
    if (this.#heard.lately(vhid)) return false;
    // Addresses that scripts manage may be where this process sees none.
    return !vhid.settings.manageAddresses || this.interfaces.list().some((each) => each.hasAddress(address));
  }

  #conflict({ vhid, ifp, address }: HeldAddress, lladdr: Uint8Array): void {
    this.statistics.conflicts.add();
    const intruder = formatLladdr(lladdr);
    this.log
      .limited(`conflict ${address.toString()} ${ifp.name}`)
      .warning(`${intruder} is using our address ${address.toString()} on ${ifp.name}; find that host`, {
        vhid: vhid.name,
        address: address.toString(),
        lladdr: intruder,
        ifname: ifp.name,
      });
    this.eventhandler.invoke('address_conflict_event', ifp, address, lladdr);
    // A handler may have given the address away.
    if (this.#conflicts.value !== 'defend' || vhid.state !== 'MASTER') return;
    this.statistics.defended.add();
    const { servedLladdr: served } = vhid;
    this.peers.netifNotifyPeers(ifp, { addresses: [address], count: 1, ...(served && { lladdr: served }) });
  }

  #drop(): void {
    for (const watch of this.#watches.values()) watch[Symbol.dispose]();
    this.#watches.clear();
  }

  #try(action: () => void): void {
    try {
      action();
    } catch (error) {
      if (!(error instanceof IfnetError)) throw error;
      if (error.code === 'ENXIO' || error.code === 'ENODEV') return;
      this.#warn(error);
      this.#followWithin(RETRY_MS);
    }
  }

  #warn(error: IfnetError): void {
    this.log
      .limited(`${error.ifname} ${error.code}`)
      .warning(`address conflicts may go unnoticed: ${error.message}`);
  }
}

/** Whether the vhid still has the address on that interface. */
function serves({ vhid, ifp, address }: HeldAddress): boolean {
  return vhid.ifp === ifp && vhid.addresses.some((prefix) => prefix.address.equals(address));
}
