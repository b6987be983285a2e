import type { Callout } from '../../../core/time/index.js';
import {
  type Ifnet,
  IfnetError,
  type InetFamily,
  type IpPacket,
  type IpSocket,
  type PacketFilter,
  type Prefetched,
} from '../../ifnet/index.js';
import { NumberClaims, StandbyQueue } from '../../vip/index.js';
import type { VrrpContext } from '../context.js';
import type { VrrpHeard } from '../election/heard-master.js';
import { VrrpError } from '../errors.js';
import { IPPROTO_VRRP, VRRP_ADVERTISEMENT, VRRP_OFF_VERSION, VRRP_OFF_VRID } from '../wire/header.js';
import { groupOf } from './group.js';
import { VrrpReceiver, type VrrpReceiverNeeds } from './receiver.js';
import { OwnAddresses } from './source.js';

/** A broken socket is opened again after this delay. */
const REOPEN_MS = 1000;
/** Both versions of an advertisement, so that a peer of the wrong one is counted and named. CARP begins as version 2. */
const VERSIONS = [(2 << 4) | VRRP_ADVERTISEMENT, (3 << 4) | VRRP_ADVERTISEMENT];
const TTL = 255;

/** What a socket is for: all peers at once by multicast, or each peer by unicast. */
export type VrrpSocketKind = 'group' | 'unicast';

/** A virtual router, as its interface uses it. */
export interface VrrpMember extends VrrpReceiverNeeds, Prefetched {
  readonly vrid: number;
  readonly vhid: number;
  readonly family: InetFamily;
  readonly socketKind: VrrpSocketKind;
  /** Addresses or sockets have changed. */
  pathsChanged(): void;
  /** A valid advertisement. @param time when it came to this host, on the kernel's clock in ms */
  heard(advertisement: VrrpHeard, time: number): void;
}

type VrrpInterfaceNeeds = Pick<
  VrrpContext,
  'clock' | 'protocol' | 'statistics' | 'tunables' | 'succession' | 'refusalLog'
>;

/**
 * VRRP on one interface: its virtual routers, the IP sockets that they share, and the dispatch of packets to them. There
 * is one socket per family and kind of peer, because the two need different TTLs. Each has a filter in the kernel for
 * exactly the numbers that use it: CARP's vhids, which are other numbers, and foreign routers do not wake this process.
 */
export class VrrpInterface<Router extends VrrpMember = VrrpMember> implements Disposable {
  /** See {@link Prefetched}: no more than a place for what came of it. */
  prefetched = 0;
  readonly #routers = new Map<number, Router>();
  readonly #sockets = new Map<string, IpSocket>();
  readonly #claims: NumberClaims;
  readonly #receiver: VrrpReceiver;
  readonly #reopen: Callout;
  /** While a predecessor is at work. */
  #standby: StandbyQueue | undefined;

  constructor(
    readonly ifp: Ifnet,
    private readonly context: VrrpInterfaceNeeds,
  ) {
    this.#claims = new NumberClaims(ifp, context);
    if (context.succession.standby) this.#standby = new StandbyQueue();
    const own = new OwnAddresses(ifp);
    this.#receiver = new VrrpReceiver((source) => own.has(source), context);
    this.#reopen = context.clock.callout(`vrrp ${ifp.name} reopen`, () => this.#tryAgain());
  }

  get routers(): Router[] {
    return [...this.#routers.values()];
  }

  /**
   * @param inherited a predecessor still has the claim on its number
   * @throws VrrpError EEXIST; VipError EBUSY if the number is taken; IfnetError if a socket cannot be opened. Nothing has
   *   changed then
   */
  add(router: Router, inherited = false): void {
    const key = keyOf(router.family, router.vrid);
    if (this.#routers.has(key))
      throw new VrrpError('EEXIST', `vrrp ${router.name}: exists on ${this.ifp.name} already`);
    if (inherited) this.#claims.inherit(router);
    else this.#claims.claim(router);
    this.#routers.set(key, router);
    try {
      this.refresh();
    } catch (error) {
      this.remove(router);
      throw error;
    }
  }

  remove(router: Router): void {
    const key = keyOf(router.family, router.vrid);
    if (this.#routers.get(key) !== router) return;
    this.#routers.delete(key);
    this.#claims.release(router);
    // A broken socket of others that cannot be opened yet must not prevent the removal.
    this.#tryAgain();
  }

  /** Brings sockets and filters in line with the settings. @throws IfnetError */
  refresh(): void {
    for (const family of [4, 6] as const)
      for (const kind of ['group', 'unicast'] as const) this.#apply(family, kind);
  }

  /** An address was added or removed: sources may have changed. */
  addressesChanged(): void {
    for (const router of this.#routers.values()) router.pathsChanged();
  }

  socket(family: InetFamily, kind: VrrpSocketKind): IpSocket | undefined {
    return this.#sockets.get(`${kind}${family}`);
  }

  /** Reads what the sockets hold. */
  drain(): void {
    for (const socket of this.#sockets.values()) socket.drain();
  }

  /** The predecessor has stopped reading: what it has not read is judged now. */
  begin(): void {
    this.drain();
    const waiting = this.#standby?.take(this.context.clock.now()) ?? [];
    this.#standby = undefined;
    this.#receiver.catchingUp = true;
    for (const { packet, kind, time } of waiting) this.#input(packet, kind, time);
    this.#receiver.catchingUp = false;
  }

  [Symbol.dispose](): void {
    this.#reopen[Symbol.dispose]();
    for (const socket of this.#sockets.values()) socket[Symbol.dispose]();
    this.#sockets.clear();
    this.#claims[Symbol.dispose]();
  }

  #apply(family: InetFamily, kind: VrrpSocketKind): void {
    const key = `${kind}${family}`;
    const users = this.routers.filter((each) => each.family === family && each.socketKind === kind);
    const opened = this.#sockets.get(key);
    if (users.length === 0) return this.#close(key);
    const filter = filterFor(kind, users);
    if (opened !== undefined) return opened.setFilter(filter);
    this.#sockets.set(key, this.#open(family, kind, filter));
    this.addressesChanged();
  }

  #open(family: InetFamily, kind: VrrpSocketKind, filter: PacketFilter): IpSocket {
    return this.ifp.openIp({
      family,
      protocol: IPPROTO_VRRP,
      groups: kind === 'group' ? [groupOf(family)] : [],
      filter,
      prefetch: (packet) => this.#prefetch(packet),
      input: (packet) => this.#input(packet, kind),
      error: (error) => this.#broken(`${kind}${family}`, error),
    });
  }

  #close(key: string): void {
    const socket = this.#sockets.get(key);
    if (socket === undefined) return;
    this.#sockets.delete(key);
    socket[Symbol.dispose]();
    this.addressesChanged();
  }

  #broken(key: string, error: IfnetError): void {
    this.context
      .refusalLog(`${this.ifp.name} socket`)
      ?.warning(() => `${error.message}; opening the socket again`);
    this.#close(key);
    this.#reopen.reset(REOPEN_MS);
  }

  /** Refreshes the sockets, now or, if that fails, later. */
  #tryAgain(): void {
    try {
      this.refresh();
    } catch (error) {
      if (!(error instanceof IfnetError)) throw error;
      this.context
        .refusalLog(`${this.ifp.name} reopen`)
        ?.warning(() => `${this.ifp.name}: cannot open a socket yet: ${error.message}`);
      this.#reopen.reset(REOPEN_MS);
    }
  }

  #prefetch({ family, payload }: IpPacket): void {
    this.prefetched = this.#routers.get(keyOf(family, payload[VRRP_OFF_VRID] ?? 0))?.prefetch() ?? 0;
  }

  /** @param time when it was read, if that was before now */
  #input(packet: IpPacket, kind: VrrpSocketKind, time?: number): void {
    const { clock, statistics, tunables } = this.context;
    if (this.#standby !== undefined) return this.#standby.put(packet, kind, clock.now());
    if (!tunables.allow.value) return statistics.disallowed.add();
    const router = this.#routers.get(keyOf(packet.family, packet.payload[VRRP_OFF_VRID] ?? 0));
    if (router === undefined) return statistics.badvrid.add();
    // Without filters in the kernel both sockets get the packet; only one of them is the router's.
    if (router.socketKind !== kind) return;
    const advertisement = this.#receiver.accept(packet, router);
    if (advertisement !== undefined) router.heard(advertisement, packet.arrivedAt ?? time ?? clock.now());
  }
}

/** A number, which costs no memory: one is made of every packet. */
function keyOf(family: InetFamily, vrid: number): number {
  return family * 256 + vrid;
}

function filterFor(kind: VrrpSocketKind, users: readonly VrrpMember[]): PacketFilter {
  return {
    ...(kind === 'group' && { ttl: TTL }),
    bytes: [
      { offset: VRRP_OFF_VERSION, mask: 0xff, values: VERSIONS },
      { offset: VRRP_OFF_VRID, mask: 0xff, values: users.map(({ vrid }) => vrid) },
    ],
  };
}
