import type { Ifnet, InetAddress, InetFamily, IpDestination, IpSocket } from '../../ifnet/index.js';
import type { CarpContext } from '../context.js';
import type { CarpSettings } from '../settings.js';
import { CarpAdvertisement } from '../wire/advertisement.js';
import type { CarpAuthenticator } from '../wire/authenticator.js';
import type { CarpCounter } from '../wire/counter.js';
import { CARP_BOW_OUT } from '../wire/header.js';
import { lladdrOf } from '../wire/virtual-lladdr.js';
import type { CarpSocketKind } from './reach.js';
import { type CarpPath, CarpSender } from './sender.js';

/** The interface to send on. */
export interface CarpLink {
  readonly ifp: Ifnet;
  /** The interface's usable addresses that no vhid shares, in their order. */
  readonly own: readonly InetAddress[];
  socket(family: InetFamily, kind: CarpSocketKind): IpSocket | undefined;
}

/** The vhid whose advertisements are sent. */
export interface CarpOutputOwner {
  readonly name: string;
  readonly vhid: number;
  readonly settings: CarpSettings;
  /** As sent: with demotion. */
  readonly advskew: number;
  /** OpenBSD's demotion byte. */
  readonly demote: number;
  readonly families: readonly InetFamily[];
  readonly authenticator: CarpAuthenticator;
  readonly counter: CarpCounter;
  readonly carpIf: CarpLink | undefined;
  /** How the family's peers are reached. */
  socketKind(family: InetFamily): CarpSocketKind | undefined;
}

type CarpOutputNeeds = Pick<CarpContext, 'statistics' | 'tunables' | 'demotion' | 'refusalLog'>;

/** Sends the advertisements of one vhid: chooses groups or peers, sources and sockets. */
export class CarpOutput {
  readonly #owner: CarpOutputOwner;
  readonly #context: CarpOutputNeeds;
  readonly #advertisement: CarpAdvertisement;
  readonly #sender: CarpSender;
  #paths: readonly CarpPath[] | undefined;
  /** A family lacks its socket, which broke and cannot be opened again. */
  #incomplete = false;

  constructor(owner: CarpOutputOwner, context: CarpOutputNeeds) {
    this.#owner = owner;
    this.#context = context;
    this.#advertisement = new CarpAdvertisement(owner.vhid);
    this.#sender = new CarpSender(() => owner.name, context);
  }

  /** Sends one advertisement to every peer. */
  advertise(): void {
    this.#send(this.#owner.settings.advbase, this.#owner.advskew);
  }

  /** Sends the bow-out: every BACKUP takes it for a master about to time out (OpenBSD's carp_ioctl sends it). */
  bowOut(): void {
    this.#context.statistics.bowouts.add();
    this.#send(CARP_BOW_OUT, CARP_BOW_OUT);
  }

  /** The source address of a family's advertisements. */
  source(family: InetFamily): InetAddress | undefined {
    this.#paths ??= this.#makePaths();
    for (const path of this.#paths) if (path.family === family) return path.to.source;
    return undefined;
  }

  /** Addresses, sockets, peers or settings have changed: the paths are chosen anew when next sending. */
  changed(): void {
    this.#paths = undefined;
  }

  /** Takes back what failures to send added to the demotion. */
  reset(): void {
    this.#sender.reset();
  }

  #send(advbase: number, advskew: number): void {
    const { counter, authenticator, demote } = this.#owner;
    const packet = this.#advertisement.build(advbase, advskew, demote, counter.next(), authenticator);
    this.#paths ??= this.#makePaths();
    this.#sender.send(packet, this.#paths, this.#incomplete);
  }

  #makePaths(): CarpPath[] {
    const paths: CarpPath[] = [];
    this.#incomplete = false;
    for (const family of this.#owner.families) {
      const kind = this.#owner.socketKind(family);
      const socket = kind && this.#owner.carpIf?.socket(family, kind);
      if (socket === undefined) {
        this.#incomplete = true;
        continue;
      }
      for (const to of this.#destinations(family)) paths.push({ family, socket, to });
    }
    return paths;
  }

  #destinations(family: InetFamily): IpDestination[] {
    const { settings } = this.#owner;
    const common = { ttl: settings.ttl, tos: this.#context.tunables.dscp.value << 2 };
    if (this.#owner.socketKind(family) === 'unicast') {
      const source = this.#chooseSource(family, false);
      return settings.peers
        .filter((peer) => peer.family === family)
        .map((destination) => ({ ...common, destination, ...(source && { source }) }));
    }
    const source = this.#chooseSource(family, true);
    return [
      {
        ...common,
        destination: family === 4 ? settings.group : settings.group6,
        ...(source && { source }),
        ...(settings.virtualMac && { lladdr: lladdrOf(settings) }),
        ...(settings.broadcast && family === 4 && { broadcast: true }),
      },
    ];
  }

  /**
   * An address of the interface that is not shared; to an IPv6 group the link-local one. A shared one only if there is
   * no other (FreeBSD's ifa_preferred).
   */
  #chooseSource(family: InetFamily, toGroup: boolean): InetAddress | undefined {
    const { settings, carpIf } = this.#owner;
    const given = family === 4 ? settings.source : settings.source6;
    if (given !== undefined) return given;
    const own = carpIf?.own.filter((address) => address.family === family) ?? [];
    const linkLocal = family === 6 ? own.find((address) => address.isLinkLocal === toGroup) : undefined;
    return linkLocal ?? own[0] ?? carpIf?.ifp.source(family);
  }
}
