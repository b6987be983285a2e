import type { InetAddress, IpPacket } from '../../ifnet/index.js';
import type { VrrpContext } from '../context.js';
import type { VrrpHeard } from '../election/heard-master.js';
import { CENTISECOND_MS } from '../election/timers.js';
import type { VrrpSettings } from '../settings/router.js';
import type { VrrpCounterName } from '../statistics.js';
import type { VrrpAuth } from '../wire/advertisement.js';
import { addressLength } from '../wire/header.js';
import {
  hasList,
  inspect,
  listOf,
  type VrrpExpectation,
  type VrrpPacket,
  type VrrpRefusal,
  type VrrpWords,
} from '../wire/inspect.js';
import { groupOf } from './group.js';
import { SequenceGuard } from './sequence-guard.js';

/** RFC 9568 section 7.1, and all that a receiver on the same link can demand. */
const LINK_TTL = 255;

/** Why an advertisement is refused, and what to do about it. */
const REMEDIES: Readonly<Record<VrrpRefusal | 'replayed' | 'interval_differs' | 'list_differs', string>> = {
  badlen: 'its length does not fit its addresses',
  carp: 'it is CARP with this number: give one of the two another number, a keepalived falls silent while it hears that',
  badver: 'it has another version: set `version` alike on all hosts',
  badvrid: 'it has another number',
  badttl: 'its TTL is below the minimum: it was routed, which only unicast peers may be (`minTtl`)',
  badtype: 'it is no advertisement',
  badcount: 'it names no address',
  badinterval: 'its interval is 0',
  badsum: 'its checksum is wrong: it was damaged or altered on the way',
  badauth: 'its authentication is another one: set `password` or `hmac` alike on all hosts',
  replayed: 'its sequence is old: it was repeated, or the clock of its sender was set back',
  interval_differs: 'its interval is another one: version 2 wants the same on all hosts',
  list_differs: 'it names other addresses: the hosts should have the same list',
};

const CHECKSUM_COUNTERS: Readonly<Record<VrrpWords['checksum'], VrrpCounterName>> = {
  'pseudo-header': 'pseudo_header',
  rfc9568: 'rfc9568',
  'old-unicast': 'old_unicast',
};

/** The virtual router that a packet is for, as far as the checks need it. */
export interface VrrpReceiverNeeds {
  readonly name: string;
  readonly settings: VrrpSettings;
  readonly expectation: VrrpExpectation;
  /** The addresses as it sends them. */
  readonly list: Uint8Array;
  readonly sequences: SequenceGuard;
}

/** What a virtual router with these settings demands of an advertisement. */
export function expectationOf(
  { version, vrid, peers, minTtl }: VrrpSettings,
  auth: VrrpAuth | undefined,
): VrrpExpectation {
  return { version, vrid, minTtl: peers.length > 0 ? minTtl : LINK_TTL, auth };
}

/** Checks advertisements that carry the number of a virtual router here, in the order of RFC 9568 section 7.1. */
export class VrrpReceiver {
  /** What is read now may have been read by a predecessor: repeated sequences are no news. */
  catchingUp = false;

  /** @param isOwn whether the address is one of this host's on the interface */
  constructor(
    private readonly isOwn: (address: InetAddress) => boolean,
    private readonly context: Pick<VrrpContext, 'statistics' | 'refusalLog'>,
  ) {}

  /** @returns what is to be judged; undefined: it was refused and counted, and no timer may be touched */
  accept(packet: IpPacket, router: VrrpReceiverNeeds): VrrpHeard | undefined {
    const { source, family } = packet;
    const { settings } = router;
    if (this.isOwn(source)) {
      this.context.statistics.looped.add();
      return undefined;
    }
    if (!isAmong(settings.peers, source) || source.isUnspecified) return this.#refuseSource(router, source);
    const words = inspect(withDestination(packet), router.expectation);
    if (typeof words === 'string') return this.#refuse(router, source, words);
    if (words.sequence !== undefined && !router.sequences.isFresh(source, words.sequence))
      return this.catchingUp ? undefined : this.#refuse(router, source, 'replayed');
    if (settings.version === 2 && words.interval * CENTISECOND_MS !== settings.interval)
      return this.#refuse(router, source, 'interval_differs');
    if (!this.#listFits(words, packet, router)) return undefined;
    this.#count(words.checksum, settings.version === 3 && family === 4);
    return { priority: words.priority, source, interval: words.interval * CENTISECOND_MS };
  }

  #refuseSource({ name }: VrrpReceiverNeeds, source: InetAddress): undefined {
    this.context.statistics.badsource.add();
    const cause = source.isUnspecified ? 'it has no source address' : 'it is not among `peers`';
    this.context
      .refusalLog(`${name} badsource`)
      ?.warning(() => `${name}: ignoring an advertisement from ${source}: ${cause}`);
  }

  /** As sets: the order is free. RFC 3768 section 7.1 lets an owner have another list. */
  #listFits(words: VrrpWords, packet: IpPacket, router: VrrpReceiverNeeds): boolean {
    if (hasList(packet, router.list)) return true;
    if (sameSet(listOf(packet), router.list, addressLength(packet.family))) return true;
    this.#refuse(router, packet.source, 'list_differs');
    return router.settings.addressList === 'log' || words.priority === 255;
  }

  /** @param various whether there are several rules for its checksum */
  #count(checksum: VrrpWords['checksum'], various: boolean): void {
    const { statistics } = this.context;
    statistics.advert_rcvd.add();
    if (various) statistics[CHECKSUM_COUNTERS[checksum]].add();
  }

  #refuse({ name }: VrrpReceiverNeeds, source: InetAddress, cause: keyof typeof REMEDIES): undefined {
    this.context.statistics[cause].add();
    const what = cause === 'list_differs' ? 'an advertisement' : 'ignoring an advertisement';
    this.context
      .refusalLog(`${name} ${cause}`)
      ?.warning(() => `${name}: ${what} from ${source}: ${REMEDIES[cause]}`);
  }
}

/** Whether a host may speak; without a list all may. */
function isAmong(peers: readonly InetAddress[], source: InetAddress): boolean {
  return peers.length === 0 || peers.some((peer) => peer.equals(source));
}

/** Where the system does not tell the destination, it is the group. */
function withDestination(packet: IpPacket): VrrpPacket {
  return hasDestination(packet) ? packet : { ...packet, destination: groupOf(packet.family) };
}

function hasDestination(packet: IpPacket): packet is IpPacket & VrrpPacket {
  return packet.destination !== undefined;
}

function sameSet(a: Uint8Array, b: Uint8Array, length: number): boolean {
  const texts = (list: Uint8Array): Set<string> =>
    new Set(
      Array.from({ length: list.length / length }, (_, i) =>
        list.subarray(i * length, (i + 1) * length).join(),
      ),
    );
  const [one, other] = [texts(a), texts(b)];
  return one.size === other.size && [...one].every((text) => other.has(text));
}
