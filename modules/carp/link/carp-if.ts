/**
 * CARP on one interface (FreeBSD's struct carp_if): its vhids, the IP sockets they share, and which packet is whose.
 *
 * There is one socket per family and kind of peer, `group` (multicast, broadcast) or `unicast`, because the two want
 * different TTLs. Each has a filter in the kernel for exactly the vhids that use it, so a foreign vhid, a wrong TTL or
 * a VRRP packet does not wake this process. A socket that breaks is opened again.
 */
import type { Callout } from '../../../core/time/index.js';
import {
  type Ifnet,
  type IfnetError,
  type InetAddress,
  type InetFamily,
  type IpPacket,
  type IpSocket,
  type PacketFilter,
} from '../../ifnet/index.js';
import type { CarpContext } from '../context.js';
import { CarpError } from '../errors.js';
import type { CarpVhid } from '../vhid.js';
import {
  CARP_AUTHLEN,
  CARP_HEADER_LEN,
  CARP_OFF_AUTHLEN,
  CARP_OFF_VHID,
  CARP_VERSION,
  CARP_VERSION_TYPE,
  IPPROTO_CARP,
} from '../wire/header.js';
import { FloodGuard } from './flood-guard.js';
import type { CarpSocketKind } from './reach.js';
import { CarpReceiver } from './receiver.js';

const FAMILIES: readonly InetFamily[] = [4, 6];
const KINDS: readonly CarpSocketKind[] = ['group', 'unicast'];
/** Milliseconds until a broken socket is opened again. */
const REOPEN = 1000;

/** What a socket is for: when it differs, another socket is opened; but for the filter, which can be replaced. */
interface Plan {
  readonly family: InetFamily;
  readonly kind: CarpSocketKind;
  readonly vhids: readonly CarpVhid[];
  readonly groups: readonly InetAddress[];
  readonly broadcast: boolean;
  readonly filter: PacketFilter;
}

interface Opened {
  readonly plan: Plan;
  readonly socket: IpSocket;
}

export class CarpInterface implements Disposable {
  /** The checks, for the packets of all vhids. */
  readonly receiver: CarpReceiver;
  readonly #vhids: (CarpVhid | undefined)[] = new Array<undefined>(256).fill(undefined);
  readonly #sockets = new Map<string, Opened>();
  readonly #reopen: Callout;
  readonly #flood: FloodGuard;
  #own: readonly InetAddress[] | undefined;

  constructor(
    readonly ifp: Ifnet,
    private readonly context: CarpContext,
  ) {
    this.#reopen = context.clock.callout(`carp ${ifp.name} reopen`, () => this.#tryAgain());
    this.receiver = new CarpReceiver(context);
    this.#flood = new FloodGuard(
      context.clock,
      ifp.name,
      (source) => this.vhids.some((vhid) => vhid.replay.knows(source)),
      (source) => this.#muted(source),
    );
  }

  get vhids(): CarpVhid[] {
    return this.#vhids.filter((vhid) => vhid !== undefined);
  }

  get(vhid: number): CarpVhid | undefined {
    return this.#vhids[vhid];
  }

  /** Throws IfnetError when its sockets cannot be opened, CarpError EEXIST, and is as before then. */
  add(vhid: CarpVhid): void {
    if (this.#vhids[vhid.vhid] !== undefined) {
      throw new CarpError('EEXIST', `vhid ${vhid.vhid} exists on ${this.ifp.name} already`);
    }
    this.#vhids[vhid.vhid] = vhid;
    try {
      this.refresh();
    } catch (error) {
      this.remove(vhid);
      throw error;
    }
  }

  remove(vhid: CarpVhid): void {
    if (this.#vhids[vhid.vhid] !== vhid) return;
    this.#vhids[vhid.vhid] = undefined;
    // A socket of the others that is broken and cannot be opened yet must not keep this one.
    this.#tryAgain();
  }

  /** Brings sockets and filters in line with the vhids' settings. Throws IfnetError. */
  refresh(): void {
    this.addressesChanged();
    for (const family of FAMILIES) for (const kind of KINDS) this.#apply(family, kind);
  }

  /** An address came or went: sources may have changed. */
  addressesChanged(): void {
    this.#own = undefined;
    for (const vhid of this.vhids) vhid.pathsChanged();
  }

  /** The interface's usable addresses that no vhid shares, in their order. */
  get own(): readonly InetAddress[] {
    if (this.#own === undefined) {
      const shared = new Set(
        this.vhids.flatMap((vhid) => vhid.addresses.map((prefix) => prefix.address.toString())),
      );
      this.#own = this.ifp.addresses
        .filter((a) => a.vhid === undefined && !a.tentative && a.dadFailed !== true)
        .map((a) => a.prefix.address)
        .filter((address) => !shared.has(address.toString()));
    }
    return this.#own;
  }

  /** Whether it is an address of the interface that no vhid shares. */
  isOwn(address: InetAddress): boolean {
    for (const own of this.own) if (own.equals(address)) return true;
    return false;
  }

  socket(family: InetFamily, kind: CarpSocketKind): IpSocket | undefined {
    return this.#sockets.get(`${kind}${family}`)?.socket;
  }

  /** An advertisement from there was refused: one of a flood may be kept from coming here at all. */
  refused(source: InetAddress): void {
    this.#flood.refused(source);
  }

  /** Takes in what the kernel holds. */
  drain(): void {
    for (const { socket } of this.#sockets.values()) socket.drain();
  }

  [Symbol.dispose](): void {
    this.#reopen.stop();
    this.#flood[Symbol.dispose]();
    for (const { socket } of this.#sockets.values()) socket[Symbol.dispose]();
    this.#sockets.clear();
  }

  #plan(family: InetFamily, kind: CarpSocketKind): Plan | undefined {
    const vhids = this.vhids.filter((vhid) => vhid.socketKind(family) === kind);
    if (vhids.length === 0) return undefined;
    const groups = new Map<string, InetAddress>();
    if (kind === 'group') {
      for (const { settings } of vhids) {
        const group = family === 4 ? settings.group : settings.group6;
        groups.set(group.toString(), group);
      }
    }
    return {
      family,
      kind,
      vhids,
      groups: [...groups.values()],
      broadcast: family === 4 && vhids.some(({ settings }) => settings.broadcast),
      filter: { ...filterFor(kind, vhids), notSource: this.#flood.muted },
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
    // The new one before the old one goes: nothing is missed in between, and a failure leaves the old one.
    const socket = this.#open(plan);
    this.#close(key);
    this.#sockets.set(key, { plan, socket });
  }

  #close(key: string): void {
    const opened = this.#sockets.get(key);
    if (opened === undefined) return;
    this.#sockets.delete(key);
    opened.socket[Symbol.dispose]();
    for (const vhid of this.vhids) vhid.pathsChanged();
  }

  #open({ family, kind, groups, broadcast, filter }: Plan): IpSocket {
    return this.ifp.openIp({
      family,
      protocol: IPPROTO_CARP,
      groups,
      broadcast,
      filter,
      input: (packet) => this.#input(packet, kind),
      error: (error) => this.#broken(`${kind}${family}`, error),
    });
  }

  #broken(key: string, error: IfnetError): void {
    this.context.refusals.warn(`${this.ifp.name} socket`, () => `${error.message}; opening the socket again`);
    this.#close(key);
    if (!this.#reopen.pending) this.#reopen.reset(REOPEN);
  }

  /** Brings the sockets in line, or tries it again later. */
  #tryAgain(): void {
    try {
      this.refresh();
    } catch (error) {
      this.context.refusals.warn(`${this.ifp.name} reopen`, () => `${this.ifp.name}: ${String(error)}`);
      this.#reopen.reset(REOPEN);
    }
  }

  #muted(source: InetAddress | undefined): void {
    if (source !== undefined) {
      this.context.statistics.muted.add();
      this.context.refusals.warn(
        `${this.ifp.name} muted`,
        () => `${this.ifp.name}: ${source} floods us with bad advertisements; not heard for half a minute`,
      );
    }
    this.#tryAgain();
  }

  /** FreeBSD's carp_input_c up to the search for the vhid. */
  #input(packet: IpPacket, kind: CarpSocketKind): void {
    const { statistics, tunables } = this.context;
    (packet.family === 4 ? statistics.ipackets : statistics.ipackets6).add();
    if (!tunables.allow.value) return statistics.disallowed.add();
    const { payload } = packet;
    if (payload.length < CARP_HEADER_LEN) return statistics.badlen.add();
    if (payload[0]! >> 4 !== CARP_VERSION) return statistics.badver.add();
    if (payload[0] !== CARP_VERSION_TYPE) return statistics.badtype.add();
    const vhid = this.#vhids[payload[CARP_OFF_VHID]!];
    const wanted = vhid?.socketKind(packet.family);
    if (vhid === undefined || wanted === undefined) return statistics.badvhid.add();
    // Without filters in the kernel a packet reaches both sockets; only one of them is the vhid's.
    if (wanted !== kind) return;
    vhid.input(packet);
  }
}

/** authlen tells CARP from VRRPv2, which shares the first byte: there it is the number of addresses. */
function filterFor(kind: CarpSocketKind, vhids: readonly CarpVhid[]): PacketFilter {
  const strict = kind === 'group' && vhids.every(({ settings }) => (settings.minTtl ?? 255) === 255);
  return {
    ...(strict && { ttl: 255 }),
    bytes: [
      { offset: 0, mask: 0xff, values: [CARP_VERSION_TYPE] },
      { offset: CARP_OFF_AUTHLEN, mask: 0xff, values: [CARP_AUTHLEN] },
      { offset: CARP_OFF_VHID, mask: 0xff, values: vhids.map(({ vhid }) => vhid) },
    ],
  };
}

/** Groups that are not needed any more may stay joined. */
function serves(opened: Plan, plan: Plan): boolean {
  if (plan.broadcast && !opened.broadcast) return false;
  return plan.groups.every((group) => opened.groups.some((joined) => joined.equals(group)));
}
