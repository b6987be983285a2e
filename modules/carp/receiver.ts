/**
 * The checks of a received advertisement, cheapest first, each with its counter and its log line. Only what passes all
 * of them reaches the state machine. Nothing here throws, whatever a stranger sends.
 */
import { type InetAddress, type IpPacket, internetChecksum } from '../ifnet/index.js';
import type { CarpAuthenticator } from './authenticator.js';
import type { CarpContext } from './context.js';
import type { CarpCounter } from './counter.js';
import {
  CARP_HEADER_LEN,
  CARP_OFF_COUNTER,
  CARP_OFF_DIGEST,
  type CarpHeader,
  decodeHeader,
} from './header.js';
import type { CarpReplayGuard } from './replay.js';
import type { CarpSettings } from './settings.js';
import type { CarpCounterName } from './statistics.js';

/** What the checks need to know of the vhid. */
export interface CarpReceiverHost {
  readonly name: string;
  readonly settings: CarpSettings;
  readonly authenticator: CarpAuthenticator;
  readonly counter: CarpCounter;
  readonly replay: CarpReplayGuard;
  /** ms between advertisements. */
  readonly interval: number;
  readonly urgent: boolean;
  /** Whether the family's peers are reached by unicast. */
  unicast(family: 4 | 6): boolean;
  /** A refused one came from there. */
  refused(source: InetAddress): void;
  /** Whether the address is one of the interface's own and not shared. */
  isOwn(address: InetAddress): boolean;
}

export interface CarpReception {
  readonly header: CarpHeader;
  /** Perhaps a replay: good only for waiting on. */
  readonly aliveOnly: boolean;
}

export class CarpReceiver {
  constructor(
    private readonly host: CarpReceiverHost,
    private readonly context: CarpContext,
  ) {}

  /** The packet is long enough for the header, of version 2, and of this vhid. */
  accept(packet: IpPacket): CarpReception | undefined {
    if (!this.#fromRightPlace(packet)) return undefined;
    const { payload } = packet;
    if (internetChecksum(payload.subarray(0, CARP_HEADER_LEN)) !== 0) {
      return this.#refuse('badsum', packet, 'its checksum is wrong: damaged on the way, or not CARP');
    }
    const header = decodeHeader(payload);
    const { host } = this;
    if (host.replay.mode !== 'off' && host.counter.sentLately(header.counter)) {
      this.context.statistics.looped.add();
      return undefined;
    }
    const now = this.context.clock.now();
    const counter = payload.subarray(CARP_OFF_COUNTER, CARP_OFF_DIGEST);
    if (!host.authenticator.verify(counter, header.digest, now)) {
      return this.#refuse(
        'badauth',
        packet,
        'its digest is wrong: check password, vhid and address list of both',
      );
    }
    const source = packet.source.toString();
    const verdict = host.replay.judge(source, header.counter, now, host.interval, host.urgent);
    if (verdict === 'replayed') {
      return this.#refuse(
        'replayed',
        packet,
        'its counter was used before: replayed, or duplicated on the way',
      );
    }
    return { header, aliveOnly: verdict === 'alive' };
  }

  #fromRightPlace(packet: IpPacket): boolean {
    const { host } = this;
    const { settings } = host;
    const unicast = host.unicast(packet.family);
    const minTtl = settings.minTtl ?? (unicast ? 0 : 255);
    if (packet.ttl !== undefined && packet.ttl < minTtl) {
      this.#refuse(
        'badttl',
        packet,
        `its TTL is ${packet.ttl}, less than ${minTtl}: it came through a router`,
      );
      return false;
    }
    const { destination } = packet;
    if (destination !== undefined && !unicast) {
      const group = packet.family === 4 ? settings.group : settings.group6;
      if (destination.isMulticast && !destination.equals(group)) {
        this.#refuse('badgroup', packet, `it was sent to ${destination}, not to ${group}`);
        return false;
      }
    }
    if (host.isOwn(packet.source)) {
      this.context.statistics.looped.add();
      return false;
    }
    if (settings.allow.length > 0 && !settings.allow.some((network) => network.contains(packet.source))) {
      this.#refuse('badsource', packet, 'its source is not in the allow-list');
      return false;
    }
    return true;
  }

  #refuse(counter: CarpCounterName, packet: IpPacket, why: string): undefined {
    this.context.statistics[counter].add();
    this.host.refused(packet.source);
    this.context.refusals.warn(
      `${this.host.name} ${counter}`,
      () => `${this.host.name}: advertisement from ${packet.source} refused: ${why} (${counter})`,
    );
  }
}
