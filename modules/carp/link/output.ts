/** Where the advertisements of one vhid go, and how they get there: groups or peers, sources, sockets. */
import type { InetAddress, InetFamily, IpDestination } from '../../ifnet/index.js';
import type { CarpContext } from '../context.js';
import type { CarpSettings } from '../settings.js';
import { CarpAdvertisement } from '../wire/advertisement.js';
import type { CarpAuthenticator } from '../wire/authenticator.js';
import type { CarpCounter } from '../wire/counter.js';
import { lladdrOf } from '../wire/virtual-lladdr.js';
import type { CarpInterface } from './carp-if.js';
import { type CarpPath, CarpSender } from './sender.js';

/** What sending needs to know of the vhid. */
export interface CarpOutputHost {
  readonly name: string;
  readonly vhid: number;
  readonly settings: CarpSettings;
  readonly families: readonly InetFamily[];
  readonly authenticator: CarpAuthenticator;
  readonly counter: CarpCounter;
  readonly carpIf: CarpInterface | undefined;
  unicast(family: InetFamily): boolean;
}

export class CarpOutput {
  readonly #host: CarpOutputHost;
  readonly #context: CarpContext;
  readonly #advertisement: CarpAdvertisement;
  readonly #sender: CarpSender;
  #paths: readonly CarpPath[] | undefined;
  /** A family has no socket: it is broken and cannot be opened again. */
  #mute = false;

  constructor(host: CarpOutputHost, context: CarpContext) {
    this.#host = host;
    this.#context = context;
    this.#advertisement = new CarpAdvertisement(host.vhid);
    this.#sender = new CarpSender(() => host.name, context);
  }

  /** One advertisement to everybody, with the next counter. */
  send(advbase: number, advskew: number, demote: number): void {
    const { counter, authenticator } = this.#host;
    const packet = this.#advertisement.build(advbase, advskew, demote, counter.next(), authenticator);
    this.#paths ??= this.#makePaths();
    this.#sender.send(packet, this.#paths, this.#mute);
  }

  /** Where a family's advertisements come from. */
  source(family: InetFamily): InetAddress | undefined {
    this.#paths ??= this.#makePaths();
    for (const path of this.#paths) if (path.family === family) return path.to.source;
    return undefined;
  }

  /** Addresses, sockets, peers or settings have changed: look again when next sending. */
  changed(): void {
    this.#paths = undefined;
  }

  /** Gives back what failed sending added to the demotion. */
  reset(): void {
    this.#sender.reset();
  }

  #makePaths(): CarpPath[] {
    const paths: CarpPath[] = [];
    this.#mute = false;
    for (const family of this.#host.families) {
      const socket = this.#host.carpIf?.socket(family, this.#host.unicast(family) ? 'unicast' : 'group');
      if (socket === undefined) {
        this.#mute = true;
        continue;
      }
      for (const to of this.#destinations(family)) paths.push({ family, socket, to });
    }
    return paths;
  }

  #destinations(family: InetFamily): IpDestination[] {
    const { settings } = this.#host;
    const common = { ttl: settings.ttl, tos: this.#context.tunables.dscp.value << 2 };
    if (this.#host.unicast(family)) {
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
   * An address of the interface that is not shared; to an IPv6 group the link-local one. A shared one only where there
   * is nothing else (FreeBSD's ifa_preferred).
   */
  #chooseSource(family: InetFamily, toGroup: boolean): InetAddress | undefined {
    const { settings, carpIf } = this.#host;
    const given = family === 4 ? settings.source : settings.source6;
    if (given !== undefined) return given;
    const own = carpIf?.own.filter((address) => address.family === family) ?? [];
    const linkLocal = family === 6 ? own.find((address) => address.isLinkLocal === toGroup) : undefined;
    return linkLocal ?? own[0] ?? carpIf?.ifp.source(family);
  }
}
