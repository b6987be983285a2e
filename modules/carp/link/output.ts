import type { InetAddress, InetFamily, IpDestination, IpSocket } from '../../ifnet/index.js';
import { type Demotable, Fault, LastWord, type Parting } from '../../vip/index.js';
import type { CarpContext } from '../context.js';
import type { CarpCredentials } from '../credentials.js';
import { BOW_OUT_UNITS, type CarpContender } from '../election/election.js';
import type { CarpOutputState } from '../handover/schema.js';
import type { CarpSettings } from '../settings.js';
import type { CarpState, CarpVoice } from '../state.js';
import { CarpAdvertisement, type CarpWords } from '../wire/advertisement.js';
import { CARP_BOW_OUT } from '../wire/header.js';
import { sentLladdr } from '../wire/virtual-lladdr.js';
import type { CarpSocketKind } from './reach.js';
import { type CarpPath, CarpSender } from './sender.js';
import { type CarpSource, type CarpSourceLink, sourceOf } from './source.js';

/** Advertisements without one of the families after which a MASTER counts as demoted, as FreeBSD's MAX_ERRORS. */
const MAX_INCOMPLETE = 3;
const NO_SOURCE: CarpSource = { voice: 'none', address: undefined };

/** The interface to send on. */
export interface CarpLink extends CarpSourceLink {
  socket(family: InetFamily, kind: CarpSocketKind): IpSocket | undefined;
}

/** The vhid whose advertisements are sent. */
export interface CarpOutputOwner {
  readonly name: string;
  readonly vhid: number;
  readonly settings: CarpSettings;
  readonly state: CarpState;
  /** What its advertisements say: with demotion. */
  readonly words: CarpWords;
  readonly families: readonly InetFamily[];
  readonly credentials: Pick<CarpCredentials, 'next' | 'high' | 'low' | 'sign'>;
  readonly carpIf: CarpLink | undefined;
  /** How the family's peers are reached. */
  socketKind(family: InetFamily): CarpSocketKind | undefined;
  /** An advertisement was not sent over this family: it has no socket or no source. */
  mute(family: InetFamily): void;
  /** As MASTER it counts as demoted from now on, for the lack of a family. */
  impaired(): void;
}

/** The ways out, and where each family's advertisements come from. */
interface Routes {
  readonly paths: readonly CarpPath[];
  readonly source4: CarpSource | undefined;
  readonly source6: CarpSource | undefined;
  readonly voice: CarpVoice;
  readonly muteFamilies: readonly InetFamily[];
  /** Whether a family has no source of the host's own. */
  readonly lacksOwn: boolean;
}

type CarpOutputNeeds = Pick<
  CarpContext,
  'clock' | 'statistics' | 'tunables' | 'demotion' | 'protocol' | 'refusalLog'
>;

/** Sends the advertisements of one vhid: chooses groups or peers, sources and sockets. */
export class CarpOutput implements Disposable {
  readonly #owner: CarpOutputOwner;
  readonly #context: CarpOutputNeeds;
  readonly #advertisement: CarpAdvertisement;
  readonly #sender: CarpSender;
  /** Failures in a row to send. As on FreeBSD it demotes, but only those that would fail too. */
  readonly #fault: Fault;
  /** In each family: a host may hear and be heard in one of them alone. */
  readonly #lastWords: { readonly 4: LastWord; readonly 6: LastWord };
  #known: Routes | undefined;
  /** Advertisements in a row that lacked a family. */
  #incomplete = 0;

  constructor(owner: CarpOutputOwner, context: CarpOutputNeeds) {
    this.#owner = owner;
    this.#context = context;
    this.#advertisement = new CarpAdvertisement(owner.vhid);
    this.#fault = new Fault(owner, context, 'send errors', {
      amount: () => context.tunables.senderrDemotionFactor.value,
      concerns: (vhid) => this.#concerns(vhid),
      mayBeGone: () => true,
    });
    this.#lastWords = { 4: new LastWord(context.clock), 6: new LastWord(context.clock) };
    this.#sender = new CarpSender(() => owner.name, context, this.#fault);
  }

  /** Sends one advertisement to every peer. @returns whether the network took it, along one path at least */
  advertise(): boolean {
    return this.#send(this.#owner.words);
  }

  /** Makes an advertisement, and does all but send it; its number is not used again. */
  rehearse(): void {
    this.#send(this.#owner.words, true);
  }

  /** Sends the bow-out: every BACKUP takes it for a master about to time out (OpenBSD's carp_ioctl sends it). */
  bowOut(): void {
    this.#context.statistics.bowouts.add();
    this.#send({ ...this.#owner.words, advbase: CARP_BOW_OUT, advskew: CARP_BOW_OUT });
  }

  /** The source address of a family's advertisements. */
  source(family: InetFamily): InetAddress | undefined {
    const { source4, source6 } = this.#routes;
    return (family === 4 ? source4 : source6)?.address;
  }

  /** How this host can advertise, in the family in which it can best. */
  get voice(): CarpVoice {
    return this.#routes.voice;
  }

  /** The families in which it cannot advertise. */
  get muteFamilies(): readonly InetFamily[] {
    return this.#routes.muteFamilies;
  }

  /** One family would lack it as MASTER, or has lacked it for some advertisements. */
  get hampered(): boolean {
    const { muteFamilies, voice } = this.#routes;
    if (muteFamilies.length === 0) return false;
    return this.#owner.state === 'MASTER' ? this.#incomplete >= MAX_INCOMPLETE : voice !== 'none';
  }

  /** The rest of its failover group should be elsewhere: it is hampered, or could not take over from another host. */
  get holdsBack(): boolean {
    return this.hampered || (this.#owner.state !== 'MASTER' && this.voice !== 'own');
  }

  /** Addresses, sockets, peers or settings have changed: the paths are chosen anew when next sending. */
  changed(): void {
    this.#known = undefined;
  }

  /** A shared address was added or removed: a family that lacks one of its own may have had it, or need it, as its source. */
  sharedChanged(): void {
    if (this.#known?.lacksOwn === true) this.changed();
  }

  /** The state has changed. @param parting how it left, if another MASTER may have to be told of it */
  follow(parting: Parting | undefined): void {
    this.#fault.follow();
    for (const family of [4, 6] as const) this.#lastWords[family].follow(parting);
  }

  /** Whether the host that was just heard is to be told that we were MASTER. */
  owesWord(source: InetAddress): boolean {
    return this.#lastWords[source.family].isDue(source);
  }

  /**
   * A MASTER that is owed a word was heard: it alone is told. Who left in silence says a worse word; once to one that speaks from
   * a shared address, which takes who goes on for a MASTER that does not hear it.
   *
   * @param isBetter whether it is: else it would yield to our last word
   */
  answer(peer: CarpContender & { readonly source: InetAddress }, isBetter: boolean): void {
    const lastWord = this.#lastWords[peer.source.family];
    const { parting } = lastWord;
    if (parting === 'silence' ? peer.units >= BOW_OUT_UNITS : !isBetter) return;
    const { addresses } = this.#owner.settings;
    if (addresses.some(({ address }) => address.equals(peer.source))) lastWord.follow(undefined);
    else lastWord.repeated();
    const path = this.#pathTo(peer.source);
    const words = parting === 'silence' ? this.#humbler(peer) : this.#owner.words;
    if (path !== undefined) this.#sendAlong([path], words, false);
  }

  capture(): CarpOutputState {
    return {
      incomplete: this.#incomplete,
      ...this.#sender.capture(),
      fault: this.#fault.capture(),
      lastWord: this.#lastWords[4].capture(),
      lastWord6: this.#lastWords[6].capture(),
    };
  }

  adopt(state: CarpOutputState): void {
    this.#incomplete = state.incomplete;
    this.#sender.adopt(state);
    this.#fault.adopt(state.fault);
    this.#lastWords[4].adopt(state.lastWord);
    this.#lastWords[6].adopt(state.lastWord6);
  }

  /** Leaves its fault to a successor. */
  give(): void {
    this.#fault.give();
  }

  [Symbol.dispose](): void {
    this.#fault[Symbol.dispose]();
  }

  /** Worse than what that MASTER says. */
  #humbler({ units, demote }: CarpContender): CarpWords {
    const { words } = this.#owner;
    const advskew = CARP_BOW_OUT - 1;
    const slower = Math.floor((units + 256 - advskew) / 256);
    const advbase = Math.min(CARP_BOW_OUT, Math.max(words.advbase, slower));
    return { advbase, advskew, demote: Math.max(words.demote, demote) };
  }

  #send(words: CarpWords, rehearses = false): boolean {
    const { paths, muteFamilies } = this.#routes;
    const left = this.#sendAlong(paths, words, rehearses);
    if (rehearses) return false;
    this.#incomplete = muteFamilies.length > 0 ? this.#incomplete + 1 : 0;
    for (const family of muteFamilies) this.#owner.mute(family);
    if (this.#incomplete === MAX_INCOMPLETE) this.#owner.impaired();
    return left;
  }

  /**
   * The way to one host, whether it is a unicast peer or one of the group. In a frame to that host too: a ucarp reads what is in
   * every frame that comes to its interface, whoever it is for.
   */
  #pathTo(peer: InetAddress): CarpPath | undefined {
    const { paths } = this.#routes;
    if (this.#owner.socketKind(peer.family) === 'unicast')
      return paths.find(({ to }) => to.destination.equals(peer));
    const way = paths.find(({ family }) => family === peer.family);
    return way && { ...way, to: { ...way.to, destination: peer, lladdr: undefined, broadcast: false } };
  }

  #sendAlong(paths: readonly CarpPath[], words: CarpWords, rehearses: boolean): boolean {
    const { credentials } = this.#owner;
    credentials.next();
    const build = (source: InetAddress): Uint8Array => this.#advertisement.build(words, source, credentials);
    return paths.length > 0 && this.#sender.send(build, paths, rehearses);
  }

  /** The vhids on the same interface that use a family in which this one could not send. */
  #concerns({ ifp, families }: Demotable): boolean {
    const { failing } = this.#sender;
    const link = this.#owner.carpIf;
    return link !== undefined && ifp === link.ifp && families.some((family) => failing.has(family));
  }

  get #routes(): Routes {
    return (this.#known ??= this.#makeRoutes());
  }

  #makeRoutes(): Routes {
    const { families, carpIf, settings } = this.#owner;
    const paths: CarpPath[] = [];
    const sources = new Map<InetFamily, CarpSource>();
    for (const family of families) {
      const kind = this.#owner.socketKind(family);
      const socket = kind && carpIf?.socket(family, kind);
      const source = carpIf && socket ? sourceOf(carpIf, settings, family, kind) : NO_SOURCE;
      sources.set(family, source);
      if (socket === undefined || source.address === undefined) continue;
      for (const to of this.#destinations(family, source.address))
        paths.push({ family, socket, to, source: source.address });
    }
    const voices = [...sources.values()].map(({ voice }) => voice);
    const voice = (['own', 'shared'] as const).find((each) => voices.includes(each)) ?? 'none';
    const muteFamilies = families.filter((family) => sources.get(family)?.voice === 'none');
    const lacksOwn = voices.some((each) => each !== 'own');
    return { paths, source4: sources.get(4), source6: sources.get(6), voice, muteFamilies, lacksOwn };
  }

  #destinations(family: InetFamily, source: InetAddress): IpDestination[] {
    const { settings } = this.#owner;
    const { ttl } = settings;
    const tos = this.#context.tunables.dscp.value << 2;
    if (this.#owner.socketKind(family) === 'unicast') {
      return settings.peers
        .filter((peer) => peer.family === family)
        .map((destination) => ({ destination, source, ttl, tos, lladdr: undefined, broadcast: false }));
    }
    const destination = family === 4 ? settings.group : settings.group6;
    const broadcast = settings.broadcast && family === 4;
    return [{ destination, source, ttl, tos, lladdr: sentLladdr(settings), broadcast }];
  }
}
