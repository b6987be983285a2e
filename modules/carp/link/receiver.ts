import { InetAddress, type InetFamily, type IpPacket, internetChecksum } from '../../ifnet/index.js';
import type { CarpContext } from '../context.js';
import type { CarpCredentials } from '../credentials.js';
import type { CarpSealed } from '../seal/code.js';
import type { CarpSettings } from '../settings.js';
import type { CarpCounterName } from '../statistics.js';
import { CARP_DIGEST_LEN } from '../wire/digest.js';
import {
  CARP_HEADER_LEN,
  CARP_OFF_ADVBASE,
  CARP_OFF_ADVSKEW,
  CARP_OFF_COUNTER,
  CARP_OFF_DEMOTE,
  CARP_OFF_DIGEST,
} from '../wire/header.js';
import { DigestBudget } from './digest-budget.js';
import type { CarpSocketKind } from './reach.js';
import type { CarpReplayStakes } from './replay/guard.js';

const NOBODY = InetAddress.parse('0.0.0.0');

type CarpVerdict = 'fresh' | 'alive' | 'sealed' | 'looped' | keyof typeof REASONS;

/** Why an authentic advertisement is refused, by what counts such. */
const REASONS = {
  replayed: 'its counter was used before, or its sequence is old: replayed, or duplicated on the way',
  unsealed: 'it has no seal, which the setting `seal` requires',
  badseal:
    'its seal is wrong: its timers, demotion or source were altered on the way (address translation does that too)',
} as const;

/** The interface that the packets come from. */
export interface CarpReceiverOwner {
  /** Whether the address is one of the interface's own that no vhid shares. */
  isOwn(address: InetAddress): boolean;
}

/** The vhid that a packet is for, as far as the checks need it. */
export interface CarpReceiverNeeds extends CarpReplayStakes {
  readonly name: string;
  readonly settings: CarpSettings;
  readonly credentials: Pick<CarpCredentials, 'authenticator' | 'counter' | 'replay' | 'seals'>;
  /** How the family's peers are reached. */
  socketKind(family: InetFamily): CarpSocketKind | undefined;
}

/** What an authentic advertisement says: `advbase` in seconds, `advskew` in 1/256 s, `demote` as OpenBSD counts. */
export interface CarpReception extends CarpSealed {
  /** When it was read, on the kernel's clock in ms. */
  readonly time: number;
  /** When it came to this host, on the same clock: before `time`, from which timers and evidence count. */
  readonly arrivedAt: number;
  /** It may be a replay: good only for re-arming the timeout. */
  readonly aliveOnly: boolean;
  /** Its seal vouches for every word of it. */
  readonly sealed: boolean;
}

/** An advertisement while it is judged. */
type Draft = { -readonly [Field in keyof CarpReception]: CarpReception[Field] };

/**
 * The checks of a received advertisement, cheapest first, each with its counter and its log line. Only what passes all
 * of them reaches the state machine. Nothing here throws, whatever a stranger sends. One for all vhids of an interface.
 */
export class CarpReceiver {
  readonly #owner: CarpReceiverOwner;
  readonly #context: Pick<CarpContext, 'clock' | 'statistics' | 'refusalLog'>;
  /** The authenticated fields of the packet at hand. */
  readonly #counter = new Uint8Array(CARP_OFF_DIGEST - CARP_OFF_COUNTER);
  readonly #counterView = new DataView(this.#counter.buffer);
  readonly #digest = new Uint8Array(CARP_DIGEST_LEN);
  /** What it says: one object for all, which its reader copies. */
  readonly #reception: Draft = {
    advbase: 0,
    advskew: 0,
    demote: 0,
    source: NOBODY,
    time: 0,
    arrivedAt: 0,
    aliveOnly: false,
    sealed: false,
  };
  readonly #budget = new DigestBudget();
  /** What comes now may have been judged by a predecessor: repetitions are no news. */
  catchingUp = false;

  constructor(owner: CarpReceiverOwner, context: Pick<CarpContext, 'clock' | 'statistics' | 'refusalLog'>) {
    this.#owner = owner;
    this.#context = context;
  }

  /**
   * @param packet long enough for the header, of version 2, and for this vhid
   * @returns what it says, valid until the next packet; undefined if it is refused
   */
  accept(packet: IpPacket, vhid: CarpReceiverNeeds): CarpReception | undefined {
    if (!this.#fromRightPlace(packet, vhid)) return undefined;
    const { payload } = packet;
    if (internetChecksum(payload, 0, CARP_HEADER_LEN) !== 0) {
      return this.#refuse('badsum', packet, vhid, 'its checksum is wrong: damaged on the way, or not CARP');
    }
    copy(payload, CARP_OFF_COUNTER, this.#counter);
    copy(payload, CARP_OFF_DIGEST, this.#digest);
    const { authenticator, replay, counter } = vhid.credentials;
    const view = this.#counterView;
    if (counter.used && replay.mode !== 'off' && counter.sent(view.getUint32(0), view.getUint32(4))) {
      this.#context.statistics.looped.add();
      return undefined;
    }
    const now = this.#context.clock.now();
    if (this.#budget.isSpent(now) && !replay.knows(packet.source)) return this.#ignore(vhid);
    if (!authenticator.verify(this.#counter, this.#digest, now)) {
      const why = 'its digest is wrong: password, vhid and address list must be the same on both hosts';
      this.#budget.spend(now);
      return this.#refuse('badauth', packet, vhid, why);
    }
    const said = this.#reception;
    said.advbase = payload[CARP_OFF_ADVBASE]!;
    said.advskew = payload[CARP_OFF_ADVSKEW]!;
    said.demote = payload[CARP_OFF_DEMOTE]!;
    said.source = packet.source;
    said.time = now;
    said.arrivedAt = packet.arrivedAt ?? now;
    const verdict = this.#judge(said, vhid);
    if (verdict === 'looped') {
      this.#context.statistics.looped.add();
      return undefined;
    }
    if (this.catchingUp && verdict !== 'fresh' && verdict !== 'sealed') return undefined;
    if (verdict !== 'fresh' && verdict !== 'sealed' && verdict !== 'alive')
      return this.#refuse(verdict, packet, vhid, REASONS[verdict]);
    said.aliveOnly = verdict === 'alive';
    said.sealed = verdict === 'sealed';
    return said;
  }

  /** Whether it is new: by its seal, or, if there is none, by its counter. */
  #judge(said: CarpReception, vhid: CarpReceiverNeeds): CarpVerdict {
    const { source, time } = said;
    const { seals, replay } = vhid.credentials;
    const view = this.#counterView;
    const [high, low] = [view.getUint32(0), view.getUint32(4)];
    const seal = seals.judge(high, low, time, said);
    if (seal === 'none') return replay.judge(source, high, low, time, vhid);
    if (seal === 'sealed') replay.sealed(source, time, vhid);
    return seal;
  }

  #fromRightPlace(packet: IpPacket, vhid: CarpReceiverNeeds): boolean {
    const { settings } = vhid;
    const unicast = vhid.socketKind(packet.family) === 'unicast';
    const minTtl = settings.minTtl ?? (unicast ? 0 : 255);
    if (packet.ttl !== undefined && packet.ttl < minTtl) {
      const why = `its TTL is ${packet.ttl}, less than ${minTtl}: it came through a router`;
      this.#refuse('badttl', packet, vhid, why);
      return false;
    }
    const { destination } = packet;
    if (destination !== undefined && !unicast) {
      const group = packet.family === 4 ? settings.group : settings.group6;
      if (destination.isMulticast && !destination.equals(group)) {
        this.#refuse('badgroup', packet, vhid, `it was sent to ${destination}, not to ${group}`);
        return false;
      }
    }
    if (this.#owner.isOwn(packet.source)) {
      this.#context.statistics.looped.add();
      return false;
    }
    if (settings.allow.length > 0 && !isAllowed(packet.source, settings)) {
      this.#refuse('badsource', packet, vhid, 'its source is not in the allow-list');
      return false;
    }
    return true;
  }

  #ignore(vhid: CarpReceiverNeeds): undefined {
    this.#context.statistics.flooded.add();
    this.#context
      .refusalLog(`${vhid.name} flooded`)
      ?.warning(
        () =>
          `${vhid.name}: a flood of wrong digests: while it lasts, only hosts that have sent a right one are heard`,
      );
  }

  #refuse(counter: CarpCounterName, packet: IpPacket, vhid: CarpReceiverNeeds, why: string): undefined {
    this.#context.statistics[counter].add();
    this.#context
      .refusalLog(`${vhid.name} ${counter}`)
      ?.warning(() => `${vhid.name}: advertisement from ${packet.source} refused: ${why} (${counter})`);
  }
}

/** A function of its own: a closure in the caller would cost every packet memory, with an allow-list or without. */
function isAllowed(source: InetAddress, { allow }: CarpSettings): boolean {
  return allow.some((network) => network.contains(source));
}

/** Fills `to` from `offset` on; for so few bytes faster than a subarray and `set`. */
function copy(from: Uint8Array, offset: number, to: Uint8Array): void {
  for (let i = 0; i < to.length; i++) to[i] = from[offset + i]!;
}
