import type { Callout } from '../../../core/time/index.js';
import {
  type Ifnet,
  IfnetError,
  type InetAddress,
  type InetFamily,
  type IpPacket,
  type IpSocket,
  type PacketFilter,
  type Prefetched,
} from '../../ifnet/index.js';
import { isMarked, NumberClaims, protocolOf, StandbyQueue, VRRP3_VERSION_TYPE } from '../../vip/index.js';
import type { CarpContext } from '../context.js';
import { CarpError } from '../errors.js';
import type { CarpVhid } from '../vhid.js';
import {
  CARP_HEADER_LEN,
  CARP_OFF_VHID,
  CARP_VERSION,
  CARP_VERSION_TYPE,
  IPPROTO_CARP,
} from '../wire/header.js';
import type { CarpLink } from './output.js';
import type { CarpSocketKind } from './reach.js';
import { Reading } from './reading.js';
import {
  CarpReceiver,
  type CarpReceiverNeeds,
  type CarpReceiverOwner,
  type CarpReception,
} from './receiver.js';

const FAMILIES: readonly InetFamily[] = [4, 6];
const KINDS: readonly CarpSocketKind[] = ['group', 'unicast'];
/** A broken socket is opened again after this delay. */
const REOPEN_MS = 1000;
/** A family that is not heard has its socket renewed at most so often. */
const RENEW_MS = 60_000;

/** What a socket is for. A difference needs a new socket, except in the filter, which can be replaced. */
interface Plan {
  readonly family: InetFamily;
  readonly kind: CarpSocketKind;
  readonly groups: readonly InetAddress[];
  readonly broadcast: boolean;
  readonly filter: PacketFilter;
}

interface Opened {
  readonly plan: Plan;
  readonly socket: IpSocket;
}

/** A vhid, as its interface uses it. */
export interface CarpMember extends CarpVhid, CarpReceiverNeeds, Prefetched {
  /** Sources, sockets or peers have changed. */
  pathsChanged(): void;
  /** The family's socket was opened anew: it may have been deaf until now. */
  socketRenewed(family: InetFamily): void;
  /** An authentic advertisement. */
  heard(packet: IpPacket, reception: CarpReception): void;
}

type CarpInterfaceNeeds = Pick<
  CarpContext,
  'clock' | 'protocol' | 'statistics' | 'tunables' | 'succession' | 'refusalLog'
>;

/**
 * CARP on one interface (FreeBSD's struct carp_if): its vhids, the IP sockets they share, and the dispatch of packets
 * to vhids.
 *
 * There is one socket per family and kind of peer, `group` (multicast, broadcast) or `unicast`, because the two need
 * different TTLs. Each has a filter in the kernel for exactly the vhids that use it, so that a foreign vhid, a wrong
 * TTL or a VRRP router with another id does not wake this process. A VRRP router with the id of a vhid passes, to be
 * reported. A socket that breaks is opened again.
 *
 * Linux forgets the memberships of IPv6 groups when it takes IPv6 off an interface (an MTU below 1280), and does not
 * restore them with IPv6. So the socket is renewed when a family's first address comes, and when a vhid misses its
 * master in one family.
 */
export class CarpInterface<Vhid extends CarpMember = CarpMember>
  implements CarpLink, CarpReceiverOwner, Disposable
{
  /** See {@link Prefetched}: no more than a place for what came of it. */
  prefetched = 0;
  readonly #receiver: CarpReceiver;
  readonly #vhids: (Vhid | undefined)[] = new Array<undefined>(256).fill(undefined);
  readonly #sockets = new Map<string, Opened>();
  readonly #claims: NumberClaims;
  /** While a predecessor is at work. */
  #standby: StandbyQueue | undefined;
  readonly #reopen: Callout;
  readonly #reading = new Reading();
  #own: readonly InetAddress[] | undefined;
  /** The families of which the interface has addresses. */
  #present: readonly InetFamily[];
  readonly #renewedAt = { 4: Number.NEGATIVE_INFINITY, 6: Number.NEGATIVE_INFINITY };

  constructor(
    readonly ifp: Ifnet,
    private readonly context: CarpInterfaceNeeds,
  ) {
    this.#present = this.#familiesPresent();
    this.#reopen = context.clock.callout(`carp ${ifp.name} reopen`, () => this.#tryAgain());
    this.#receiver = new CarpReceiver(this, context);
    this.#claims = new NumberClaims(ifp, context);
    if (context.succession.standby) this.#standby = new StandbyQueue();
  }

  get vhids(): Vhid[] {
    return this.#vhids.filter((vhid) => vhid !== undefined);
  }

  /**
   * @param inherited a predecessor still has the claim on the vhid
   * @throws CarpError EEXIST; VipError EBUSY if the number is taken here; IfnetError if a socket cannot be opened.
   *   Nothing has changed then
   */
  add(vhid: Vhid, inherited = false): void {
    if (this.#vhids[vhid.vhid] !== undefined) {
      throw new CarpError('EEXIST', `vhid ${vhid.vhid} exists on ${this.ifp.name} already`);
    }
    if (inherited) this.#claims.inherit(vhid);
    else this.#claims.claim(vhid);
    this.#vhids[vhid.vhid] = vhid;
    try {
      this.#follow(vhid);
    } catch (error) {
      this.remove(vhid);
      throw error;
    }
  }

  remove(vhid: Vhid): void {
    if (this.#vhids[vhid.vhid] !== vhid) return;
    this.#vhids[vhid.vhid] = undefined;
    this.#claims.release(vhid);
    // A broken socket of other vhids that cannot be opened yet must not prevent the removal.
    this.#attempt(() => this.#follow(vhid));
  }

  /** Brings sockets and filters in line with the vhids' settings. @throws IfnetError */
  refresh(): void {
    this.addressesChanged();
    for (const family of FAMILIES) for (const kind of KINDS) this.#apply(family, kind);
  }

  /**
   * A vhid has come or gone. Only what concerns it is brought in line: with 255 of them, all that come would otherwise look
   * at all the others.
   */
  #follow(vhid: Vhid): void {
    if (vhid.addresses.some(({ address }) => this.ifp.hasAddress(address))) this.addressesChanged();
    for (const family of FAMILIES) {
      const kind = vhid.socketKind(family);
      if (kind !== undefined) this.#apply(family, kind);
    }
  }

  /** An address was added or removed: sources may have changed. */
  addressesChanged(): void {
    this.#own = undefined;
    for (const vhid of this.vhids) vhid.pathsChanged();
    const before = this.#present;
    this.#present = this.#familiesPresent();
    for (const family of this.#present) if (!before.includes(family)) this.#renew(family);
  }

  /** A vhid misses its master in this family: the kernel may have forgotten the membership of the group. */
  missed(family: InetFamily): void {
    if (this.context.clock.now() - this.#renewedAt[family] >= RENEW_MS) this.#renew(family);
  }

  /** The interface's usable addresses that no vhid shares, in their order. */
  get own(): readonly InetAddress[] {
    if (this.#own === undefined) {
      const shared = new Set(
        this.vhids.flatMap((vhid) => vhid.addresses.map((prefix) => prefix.address.toString())),
      );
      this.#own = this.ifp.addresses
        .filter((a) => a.vhid === undefined && !isMarked(a) && !a.tentative && a.dadFailed !== true)
        .map((a) => a.prefix.address)
        .filter((address) => !shared.has(address.toString()));
    }
    return this.#own;
  }

  isOwn(address: InetAddress): boolean {
    for (const own of this.own) if (own.equals(address)) return true;
    return false;
  }

  socket(family: InetFamily, kind: CarpSocketKind): IpSocket | undefined {
    return this.#sockets.get(`${kind}${family}`)?.socket;
  }

  /** Reads what the sockets hold. */
  drain(): void {
    for (const { socket } of this.#sockets.values()) socket.drain();
  }

  /** Reads what the sockets hold, and calls back; for a vhid that would take over for what it has heard. */
  afterReading(claim: () => void): void {
    this.#reading.after(claim, () => this.drain());
  }

  /** The predecessor has stopped reading: what it has not read is judged now. */
  begin(): void {
    this.#reading.run(() => {
      this.drain();
      const waiting = this.#standby?.take(this.context.clock.now()) ?? [];
      this.#standby = undefined;
      this.#receiver.catchingUp = true;
      for (const { packet, kind } of waiting) this.#input(packet, kind);
      this.#receiver.catchingUp = false;
    });
  }

  [Symbol.dispose](): void {
    this.#reopen.stop();
    for (const { socket } of this.#sockets.values()) socket[Symbol.dispose]();
    this.#sockets.clear();
    this.#claims[Symbol.dispose]();
  }

  #familiesPresent(): InetFamily[] {
    const { addresses } = this.ifp;
    return FAMILIES.filter((family) =>
      addresses.some(({ vhid, prefix }) => vhid === undefined && prefix.address.family === family),
    );
  }

  /**
   * Opens the socket of the group anew. The old one is closed first: closing it takes one membership off the interface,
   * even if the kernel has forgotten the socket's own.
   */
  #renew(family: InetFamily): void {
    this.#renewedAt[family] = this.context.clock.now();
    this.socket(family, 'group')?.drain();
    this.#close(`group${family}`);
    this.#tryAgain();
  }

  #plan(family: InetFamily, kind: CarpSocketKind): Plan | undefined {
    const vhids = this.vhids.filter((vhid) => vhid.socketKind(family) === kind);
    if (vhids.length === 0) return undefined;
    return {
      family,
      kind,
      groups: kind === 'group' ? groupsOf(family, vhids) : [],
      broadcast: family === 4 && vhids.some(({ settings }) => settings.broadcast),
      filter: filterFor(kind, vhids),
    };
  }

  #apply(family: InetFamily, kind: CarpSocketKind): void {
    const key = `${kind}${family}`;
    const plan = this.#plan(family, kind);
    const opened = this.#sockets.get(key);
    if (plan === undefined) return this.#close(key);
    if (opened !== undefined && serves(opened.plan, plan)) {
      opened.socket.setFilter(plan.filter);
      return;
    }
    // Opened before the old one is closed: no packet is missed in between, and a failure leaves the old one.
    const socket = this.#open(plan);
    if (socket === undefined) return;
    this.#close(key);
    this.#sockets.set(key, { plan, socket });
    for (const vhid of this.vhids) vhid.socketRenewed(family);
  }

  #close(key: string): void {
    const opened = this.#sockets.get(key);
    if (opened === undefined) return;
    this.#sockets.delete(key);
    opened.socket[Symbol.dispose]();
    for (const vhid of this.vhids) vhid.pathsChanged();
  }

  /** @returns undefined while the interface lacks IPv6: it is opened when that comes */
  #open({ family, kind, groups, broadcast, filter }: Plan): IpSocket | undefined {
    try {
      return this.ifp.openIp({
        family,
        protocol: IPPROTO_CARP,
        groups,
        broadcast,
        filter,
        prefetch: (packet) => this.#prefetch(packet),
        input: (packet) => this.#input(packet, kind),
        error: (error) => this.#broken(`${kind}${family}`, error),
      });
    } catch (error) {
      if (family === 4 || this.ifp.sysctl(6, 'disable_ipv6') !== undefined) throw error;
      this.context
        .refusalLog(`${this.ifp.name} lacks IPv6`)
        ?.warning(() => `${this.ifp.name} has no IPv6 at present, as with an MTU below 1280: waiting for it`);
      this.#openLater();
      return undefined;
    }
  }

  #openLater(): void {
    if (!this.#reopen.pending) this.#reopen.reset(REOPEN_MS);
  }

  #broken(key: string, error: IfnetError): void {
    this.context
      .refusalLog(`${this.ifp.name} socket`)
      ?.warning(() => `${error.message}; opening the socket again`);
    this.#close(key);
    this.#openLater();
  }

  /** Refreshes the sockets, now or, if that fails, later. */
  #tryAgain(): void {
    this.#attempt(() => this.refresh());
  }

  #attempt(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.context
        .refusalLog(`${this.ifp.name} reopen`)
        ?.warning(() => `${this.ifp.name}: cannot open a socket yet: ${String(error)}`);
      this.#openLater();
    }
  }

  /** A VRRP router with the number of one of our vhids; the filter drops the others. */
  #vrrp({ payload, source }: IpPacket): void {
    const vhid = this.#vhids[payload[CARP_OFF_VHID]!];
    if (vhid === undefined) return;
    this.context.statistics.vrrp.add();
    this.context
      .refusalLog(`${vhid.name} vrrp`)
      ?.warning(
        () =>
          `${vhid.name}: the VRRP router ${source} has this vhid's number: keepalived falls silent while it hears our ` +
          'advertisements, and the virtual MACs are the same; give one of the two another number',
      );
  }

  #prefetch({ payload }: IpPacket): void {
    this.prefetched = this.#vhids[payload[CARP_OFF_VHID]!]?.prefetch() ?? 0;
  }

  /** FreeBSD's carp_input_c up to the search for the vhid. */
  #input(packet: IpPacket, kind: CarpSocketKind): void {
    if (this.#standby !== undefined) return this.#standby.put(packet, kind, this.context.clock.now());
    const { statistics, tunables } = this.context;
    (packet.family === 4 ? statistics.ipackets : statistics.ipackets6).add();
    if (!tunables.allow.value) return statistics.disallowed.add();
    const { payload } = packet;
    if (protocolOf(packet.family, payload) === 'vrrp') return this.#vrrp(packet);
    if (payload.length < CARP_HEADER_LEN) return statistics.badlen.add();
    if (payload[0]! >> 4 !== CARP_VERSION) return statistics.badver.add();
    if (payload[0] !== CARP_VERSION_TYPE) return statistics.badtype.add();
    const vhid = this.#vhids[payload[CARP_OFF_VHID]!];
    const wanted = vhid?.socketKind(packet.family);
    if (vhid === undefined || wanted === undefined) return statistics.badvhid.add();
    // Without filters in the kernel both sockets get the packet; only one of them is the vhid's.
    if (wanted !== kind) return;
    const reception = this.#receiver.accept(packet, vhid);
    if (reception !== undefined) vhid.heard(packet, reception);
  }
}

function groupsOf(family: InetFamily, vhids: readonly CarpMember[]): InetAddress[] {
  const groups: InetAddress[] = [];
  for (const { settings } of vhids) {
    const group = family === 4 ? settings.group : settings.group6;
    if (!groups.some((known) => known.equals(group))) groups.push(group);
  }
  return groups;
}

/** VRRP of the same numbers passes too: see `#vrrp`. */
function filterFor(kind: CarpSocketKind, vhids: readonly CarpMember[]): PacketFilter {
  const strict = kind === 'group' && vhids.every(({ settings }) => (settings.minTtl ?? 255) === 255);
  return {
    ...(strict && { ttl: 255 }),
    bytes: [
      { offset: 0, mask: 0xff, values: [CARP_VERSION_TYPE, VRRP3_VERSION_TYPE] },
      { offset: CARP_OFF_VHID, mask: 0xff, values: vhids.map(({ vhid }) => vhid) },
    ],
  };
}

/** Whether an open socket will do. Groups that are no longer needed may stay joined. */
function serves(opened: Plan, plan: Plan): boolean {
  if (plan.broadcast && !opened.broadcast) return false;
  return plan.groups.every((group) => opened.groups.some((joined) => joined.equals(group)));
}
