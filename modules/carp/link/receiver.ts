/**
 * The checks of a received advertisement, cheapest first, each with its counter and its log line. Only what passes all
 * of them reaches the state machine. Nothing here throws, whatever a stranger sends.
 */
import { type InetAddress, type IpPacket, internetChecksum } from '../../ifnet/index.js';
import type { CarpContext } from '../context.js';
import type { CarpSettings } from '../settings.js';
import type { CarpCounterName } from '../statistics.js';
import type { CarpAuthenticator } from '../wire/authenticator.js';
import type { CarpCounter } from '../wire/counter.js';
import { CARP_DIGEST_LEN } from '../wire/digest.js';
import {
  CARP_HEADER_LEN,
  CARP_OFF_ADVBASE,
  CARP_OFF_ADVSKEW,
  CARP_OFF_COUNTER,
  CARP_OFF_DEMOTE,
  CARP_OFF_DIGEST,
} from '../wire/header.js';
import type { CarpReplayGuard, CarpReplayStakes } from './replay.js';

/** What the checks need to know of the vhid. */
export interface CarpReceiverHost extends CarpReplayStakes {
  readonly name: string;
  readonly settings: CarpSettings;
  readonly authenticator: CarpAuthenticator;
  readonly counter: CarpCounter;
  readonly replay: CarpReplayGuard;
  /** Whether the family's peers are reached by unicast. */
  unicast(family: 4 | 6): boolean;
  /** A refused one came from there. */
  refused(source: InetAddress): void;
  /** Whether the address is one of the interface's own and not shared. */
  isOwn(address: InetAddress): boolean;
}

/** What an authentic advertisement says. */
export interface CarpReception {
  /** Seconds. */
  readonly advbase: number;
  /** 1/256 s. */
  readonly advskew: number;
  /** OpenBSD's demotion count. */
  readonly demote: number;
  /** Perhaps a replay: good only for waiting on. */
  readonly aliveOnly: boolean;
}

/** One for all vhids of an interface. */
export class CarpReceiver {
  /** The authenticated fields of the packet at hand. */
  readonly #counter = new Uint8Array(CARP_OFF_DIGEST - CARP_OFF_COUNTER);
  readonly #counterView = new DataView(this.#counter.buffer);
  readonly #digest = new Uint8Array(CARP_DIGEST_LEN);

  constructor(private readonly context: CarpContext) {}

  /** The packet is long enough for the header, of version 2, and of this vhid. */
  accept(packet: IpPacket, host: CarpReceiverHost): CarpReception | undefined {
    if (!this.#fromRightPlace(packet, host)) return undefined;
    const { payload } = packet;
    if (internetChecksum(payload, 0, CARP_HEADER_LEN) !== 0) {
      return this.#refuse('badsum', packet, host, 'its checksum is wrong: damaged on the way, or not CARP');
    }
    copy(payload, CARP_OFF_COUNTER, this.#counter);
    copy(payload, CARP_OFF_DIGEST, this.#digest);
    const counter = this.#counterView.getBigUint64(0);
    if (host.replay.mode !== 'off' && host.counter.sentLately(counter)) {
      this.context.statistics.looped.add();
      return undefined;
    }
    const now = this.context.clock.now();
    if (!host.authenticator.verify(this.#counter, this.#digest, now)) {
      const why = 'its digest is wrong: check password, vhid and address list of both';
      return this.#refuse('badauth', packet, host, why);
    }
    const verdict = host.replay.judge(packet.source.toString(), counter, now, host);
    if (verdict === 'replayed') {
      const why = 'its counter was used before: replayed, or duplicated on the way';
      return this.#refuse('replayed', packet, host, why);
    }
    return {
      advbase: payload[CARP_OFF_ADVBASE]!,
      advskew: payload[CARP_OFF_ADVSKEW]!,
      demote: payload[CARP_OFF_DEMOTE]!,
      aliveOnly: verdict === 'alive',
    };
  }

  #fromRightPlace(packet: IpPacket, host: CarpReceiverHost): boolean {
    const { settings } = host;
    const unicast = host.unicast(packet.family);
    const minTtl = settings.minTtl ?? (unicast ? 0 : 255);
    if (packet.ttl !== undefined && packet.ttl < minTtl) {
      const why = `its TTL is ${packet.ttl}, less than ${minTtl}: it came through a router`;
      this.#refuse('badttl', packet, host, why);
      return false;
    }
    const { destination } = packet;
    if (destination !== undefined && !unicast) {
      const group = packet.family === 4 ? settings.group : settings.group6;
      if (destination.isMulticast && !destination.equals(group)) {
        this.#refuse('badgroup', packet, host, `it was sent to ${destination}, not to ${group}`);
        return false;
      }
    }
    if (host.isOwn(packet.source)) {
      this.context.statistics.looped.add();
      return false;
    }
    if (settings.allow.length > 0 && !settings.allow.some((network) => network.contains(packet.source))) {
      this.#refuse('badsource', packet, host, 'its source is not in the allow-list');
      return false;
    }
    return true;
  }

  #refuse(counter: CarpCounterName, packet: IpPacket, host: CarpReceiverHost, why: string): undefined {
    this.context.statistics[counter].add();
    host.refused(packet.source);
    this.context.refusals.warn(
      `${host.name} ${counter}`,
      () => `${host.name}: advertisement from ${packet.source} refused: ${why} (${counter})`,
    );
  }
}

/** Fills `to` from `offset` on; for so few bytes quicker than making a view and setting that. */
function copy(from: Uint8Array, offset: number, to: Uint8Array): void {
  for (let i = 0; i < to.length; i++) to[i] = from[offset + i]!;
}
