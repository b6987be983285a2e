import {
  type Ifnet,
  IfnetError,
  type InetAddress,
  type InetFamily,
  type IpDestination,
  type IpSocket,
} from '../../ifnet/index.js';
import { type Demotable, Fault, LastWord, type Parting } from '../../vip/index.js';
import type { VrrpContext } from '../context.js';
import { humbler } from '../election/contest.js';
import type { VrrpHeard } from '../election/heard-master.js';
import { CENTISECOND_MS } from '../election/timers.js';
import type { VrrpOutputState } from '../handover/schema.js';
import type { VrrpSettings } from '../settings/router.js';
import type { VrrpState } from '../state.js';
import { VrrpAdvertisement, type VrrpAuth } from '../wire/advertisement.js';
import { VRRP_PRIORITY_STOP } from '../wire/header.js';
import { groupOf } from './group.js';
import { OwnSequence } from './own-sequence.js';
import { SequenceMemory } from './sequence-memory.js';
import { sourceOf } from './source.js';

/** So many failures in a row, and so many successes, as FreeBSD counts for CARP. */
const MAX_ERRORS = 3;
/** RFC 9568 section 5.1.1.3. */
const LINK_TTL = 255;

/** The interface to send on. */
export interface VrrpLink {
  readonly ifp: Ifnet;
  socket(family: InetFamily, kind: 'group' | 'unicast'): IpSocket | undefined;
}

/** The virtual router whose advertisements are sent. */
export interface VrrpOutputOwner {
  readonly name: string;
  readonly vrid: number;
  readonly family: InetFamily;
  readonly settings: VrrpSettings;
  readonly auth: VrrpAuth | undefined;
  readonly state: VrrpState;
  readonly priority: number;
  readonly socketKind: 'group' | 'unicast';
  readonly servedLladdr: Uint8Array | undefined;
  readonly link: VrrpLink | undefined;
}

/** What an advertisement says; the interval in ms. */
interface VrrpSaid {
  readonly priority: number;
  readonly interval: number;
}

interface Route {
  readonly socket: IpSocket;
  readonly source: InetAddress;
  readonly destinations: readonly IpDestination[];
}

type VrrpOutputNeeds = Pick<
  VrrpContext,
  'clock' | 'store' | 'statistics' | 'tunables' | 'demotion' | 'protocol' | 'refusalLog'
>;

/** Sends the advertisements of one virtual router: to the group, or to each peer. */
export class VrrpOutput implements Disposable {
  readonly #owner: VrrpOutputOwner;
  readonly #context: VrrpOutputNeeds;
  /** Failures in a row to send: they demote. */
  readonly #fault: Fault;
  readonly #lastWord: LastWord;
  /** Of the trailers. */
  readonly #sequence: OwnSequence;
  #advertisement: VrrpAdvertisement;
  #route: Route | undefined | 'unknown' = 'unknown';
  #errors = 0;
  #given = false;

  constructor(owner: VrrpOutputOwner, context: VrrpOutputNeeds) {
    this.#owner = owner;
    this.#context = context;
    this.#advertisement = advertisementOf(owner);
    const memory = new SequenceMemory(context.store, `vrrp sequence ${owner.name}`);
    this.#sequence = new OwnSequence(context.clock, memory);
    this.#lastWord = new LastWord(context.clock);
    this.#fault = new Fault(owner, context, 'send errors', {
      amount: () => context.tunables.senderrDemotionFactor.value,
      concerns: (vip) => this.#concerns(vip),
      mayBeGone: () => true,
    });
  }

  /** The addresses as they are sent. */
  get list(): Uint8Array {
    return this.#advertisement.list;
  }

  /** The source of the advertisements; undefined while there is none, or no interface. */
  get source(): InetAddress | undefined {
    const { link, settings, family } = this.#owner;
    if (this.#route === 'unknown' || this.#route === undefined)
      return link === undefined ? undefined : sourceOf(link.ifp, settings, family);
    return this.#route.source;
  }

  /**
   * @param interval what it says, in ms; default: the one of the settings
   * @returns whether the network took it, for one peer at least
   */
  advertise(interval?: number): boolean {
    return this.#send(this.#owner.priority, interval);
  }

  /** Makes an advertisement, and does all but send it. */
  rehearse(): void {
    const route = this.#way;
    const [to] = route?.destinations ?? [];
    if (route === undefined || to === undefined) return;
    const { priority, settings } = this.#owner;
    const packet = this.#build({ priority, interval: settings.interval }, route, to);
    try {
      route.socket.prepare?.(packet, to);
    } catch (error) {
      // What fails is reported if it still fails when it matters.
      if (!(error instanceof IfnetError)) throw error;
    }
  }

  /** Priority 0: it stops. */
  resign(): void {
    this.#context.statistics.prio_zero_sent.add();
    this.#send(VRRP_PRIORITY_STOP);
  }

  /**
   * As MASTER, to one that has most likely replaced it, which knows of no other then: that announces itself at a worse word, and
   * would yield to a better one. Its own interval: others may follow that word once. Priority 0 is for that one alone: the others
   * would take over.
   *
   * @returns whether it has left
   */
  standBack(peer: VrrpHeard): boolean {
    if (peer.priority === VRRP_PRIORITY_STOP) return false;
    const { interval } = peer;
    const priority = humbler(peer, this.source);
    if (priority > VRRP_PRIORITY_STOP) return this.#send(priority, interval);
    return this.#tell(peer.source, { priority, interval });
  }

  /** Addresses or sockets have changed: the route is chosen anew when next sending. */
  pathsChanged(): void {
    this.#route = 'unknown';
  }

  /** Settings have changed. */
  refit(): void {
    this.#advertisement = advertisementOf(this.#owner);
    this.pathsChanged();
  }

  /** The state has changed. @param parting how it left, if another MASTER may have to be told of it */
  follow(parting: Parting | undefined): void {
    this.#fault.follow();
    this.#lastWord.follow(parting);
  }

  /** Whether the host that was just heard is to be told that we were MASTER. */
  owesWord(source: InetAddress): boolean {
    return this.#lastWord.isDue(source);
  }

  /**
   * A MASTER that is owed a word was heard. Its last word is repeated to a unicast peer; who left in silence says a worse one to
   * that MASTER. Nobody else is told.
   *
   * @param isBetter whether it is: else it would yield to our last word
   */
  answer(peer: VrrpHeard, isBetter: boolean): void {
    const { source, priority, interval } = peer;
    if (this.#lastWord.parting === 'silence') {
      if (priority === VRRP_PRIORITY_STOP) return;
      this.#lastWord.repeated();
      this.#tell(source, { priority: humbler(peer, this.source), interval });
    } else if (isBetter) {
      this.#lastWord.repeated();
      if (this.#owner.socketKind === 'unicast')
        this.#tell(source, { priority: this.#owner.priority, interval });
    }
  }

  capture(): VrrpOutputState {
    return {
      errors: this.#errors,
      ...this.#sequence.capture(),
      fault: this.#fault.capture(),
      lastWord: this.#lastWord.capture(),
    };
  }

  adopt(state: VrrpOutputState): void {
    this.#errors = state.errors;
    this.#sequence.adopt(state);
    this.#fault.adopt(state.fault);
    this.#lastWord.adopt(state.lastWord);
  }

  /** Leaves its fault and its sequence to a successor. */
  give(): void {
    this.#given = true;
    this.#fault.give();
  }

  [Symbol.dispose](): void {
    if (!this.#given) this.#sequence.end();
    this.#fault[Symbol.dispose]();
  }

  #send(priority: number, interval = this.#owner.settings.interval): boolean {
    const route = this.#way;
    if (route === undefined) return this.#failed('it has no address or no socket');
    const failures = route.destinations.map((to) => this.#sendTo(to, { priority, interval }, route));
    const failure = failures.find((each) => each !== undefined);
    if (failure === undefined) {
      this.#errors = 0;
      this.#fault.clear('it can send again');
    } else this.#failed(failure);
    return failures.includes(undefined);
  }

  /**
   * To one host, whether it is a unicast peer or one of the group. (A keepalived of the latter kind drops what is for it alone.)
   *
   * @returns whether it has left
   */
  #tell(host: InetAddress, said: VrrpSaid): boolean {
    const route = this.#way;
    if (route === undefined) return false;
    const [first] = route.destinations;
    const { socketKind } = this.#owner;
    const to =
      socketKind === 'unicast'
        ? route.destinations.find(({ destination }) => destination.equals(host))
        : first && { ...first, destination: host, lladdr: undefined };
    return to !== undefined && this.#sendTo(to, said, route) === undefined;
  }

  /** @returns what went wrong, if that is not a unicast peer's fault */
  #sendTo(to: IpDestination, said: VrrpSaid, route: Route): string | undefined {
    const { name } = this.#owner;
    const { statistics } = this.#context;
    const packet = this.#build(said, route, to);
    try {
      route.socket.send(packet, to);
      statistics.advert_sent.add();
      return undefined;
    } catch (error) {
      if (!(error instanceof IfnetError)) throw error;
      statistics.senderrors.add();
      this.#context
        .refusalLog(`${name} send ${error.code}`)
        ?.warning(() => `${name}: cannot send an advertisement to ${to.destination}: ${error.message}`);
      return ['EHOSTDOWN', 'EHOSTUNREACH', 'ECONNREFUSED'].includes(error.code) ? undefined : error.code;
    }
  }

  #build({ priority, interval }: VrrpSaid, { source }: Route, { destination }: IpDestination): Uint8Array {
    const way = { source, destination };
    const sequence = this.#owner.auth?.type === 'hmac' ? this.#sequence.next() : undefined;
    return this.#advertisement.build(priority, interval / CENTISECOND_MS, way, sequence);
  }

  /** @returns false, for one that had no route */
  #failed(why: string): false {
    if (++this.#errors === MAX_ERRORS) this.#fault.raise(`cannot send advertisements (${why})`);
    return false;
  }

  /** The virtual routers on the same interface that send in the same family. */
  #concerns({ ifp, families }: Demotable): boolean {
    return ifp !== undefined && ifp === this.#owner.link?.ifp && families.includes(this.#owner.family);
  }

  get #way(): Route | undefined {
    if (this.#route === 'unknown') this.#route = this.#makeRoute();
    return this.#route;
  }

  #makeRoute(): Route | undefined {
    const { link, settings, family, socketKind, servedLladdr: lladdr } = this.#owner;
    const socket = link?.socket(family, socketKind);
    const source = link && sourceOf(link.ifp, settings, family);
    if (socket === undefined || source === undefined) return undefined;
    const tos = this.#context.tunables.dscp.value << 2;
    const { ttl } = settings;
    const destinations =
      socketKind === 'unicast'
        ? settings.peers.map((destination) => ({ destination, source, tos, ttl, lladdr: undefined }))
        : [{ destination: groupOf(family), source, tos, ttl: LINK_TTL, lladdr }];
    return { socket, source, destinations };
  }
}

function advertisementOf({ vrid, family, settings, auth }: VrrpOutputOwner): VrrpAdvertisement {
  const { version, checksum, addresses } = settings;
  return new VrrpAdvertisement({
    version,
    vrid,
    family,
    addresses: addresses.map(({ address }) => address),
    auth,
    checksum,
  });
}
