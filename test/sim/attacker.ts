import { type Callout, type Random, seededRandom, type VirtualClock } from '../../core/index.js';
import { InetAddress, parseEthernet, parseIpv4 } from '../../modules/ifnet/index.js';
import type { Lan, LanPort, LanStation } from '../../modules/ifnet/lan/index.js';
import {
  ETHER_HDR_LEN,
  encodeIpv4,
  IPV4_HDR_LEN,
  writeEthernetHeader,
} from '../../modules/ifnet/wire/index.js';
import { storeVrrpChecksum } from '../../modules/vrrp/wire/checksum.js';
import {
  advertisementLength,
  VRRP_OFF_AUTH,
  VRRP_OFF_COUNT,
  VRRP_OFF_INTERVAL,
  VRRP_OFF_PRIORITY,
} from '../../modules/vrrp/wire/header.js';
import { altered } from '../modules/carp/support/altered.js';
import { VRID_BASE } from './place.js';

const PERIOD_MS = 100;
const IPV6 = { source: 22, payload: 54 } as const;
const MAX_RECORDED = 2000;
/** What becomes of an advertisement: nothing, once in five times. Of VRRP the priority and the interval are altered. */
const FORMS: readonly Form[] = [
  {},
  { advbase: 255, advskew: 255 },
  { advbase: 0, advskew: 0 },
  { advbase: 9 },
  { demote: 200 },
];
type Form = Parameters<typeof altered>[1];
type Way = readonly [source: Uint8Array, destination: Uint8Array];
/** Frames of bad weather are as late. */
const RECENT_MS = 1000;
/** The latest, among which an attacker chooses. */
const LATEST = 4;

/**
 * A stranger on a segment who records every advertisement, alters it and sends it again, from the very source, from
 * another host's, or from an invented one: old ones and the latest, all the time. Some that are older than what the network
 * itself holds back are altered always (docs/reliability.md, What cannot be promised): those of VRRP, since one that was not
 * heard before is new to a host; and all while a host has never heard nor sent any.
 */
export class SimAttacker implements LanStation {
  readonly port: LanPort;
  readonly #random: Random;
  readonly #again: Callout;
  readonly #frames: Uint8Array[] = [];
  readonly #recordedAt = new WeakMap<Uint8Array, number>();
  /** Frames sent. */
  sent = 0;

  constructor(
    lan: Lan,
    private readonly clock: VirtualClock,
    seed: string,
    /** Whether there is a host that has neither heard nor sent an advertisement, and remembers none. */
    private readonly hasStrangers: () => boolean,
  ) {
    this.port = lan.connect('attacker', this);
    this.#random = seededRandom(seed);
    this.#again = clock.callout('attacker', () => this.#attack());
    this.#again.reset(PERIOD_MS);
  }

  carrierChanged(): void {}

  receive(frame: Uint8Array): void {
    const is112 = (frame[12] === 8 && frame[23] === 112) || (frame[12] === 0x86 && frame[20] === 112);
    if (!is112) return;
    const copy = frame.slice();
    this.#frames.push(copy);
    this.#recordedAt.set(copy, this.clock.now());
    if (this.#frames.length > MAX_RECORDED) this.#frames.splice(0, MAX_RECORDED / 2);
  }

  stop(): void {
    this.#again[Symbol.dispose]();
  }

  #attack(): void {
    this.#again.reset(PERIOD_MS);
    const { length } = this.#frames;
    if (length === 0) return;
    const latest = this.#frames[Math.max(0, length - 1 - this.#random.below(LATEST))]!;
    const old = this.#frames[this.#random.below(length)]!;
    for (const frame of [latest, old]) this.#send(frame, this.#formsOf(frame));
  }

  #formsOf(frame: Uint8Array): readonly Form[] {
    const isOld = this.clock.now() - this.#recordedAt.get(frame)! > RECENT_MS;
    return isOld && (isVrrp(frame) || this.hasStrangers()) ? FORMS.slice(1) : FORMS;
  }

  #send(frame: Uint8Array, forms: readonly Form[]): void {
    this.sent++;
    const other = this.#frames[this.#random.below(this.#frames.length)]!;
    if (frame[12] === 8) return this.#send4(frame, other, forms);
    const copy = frame.slice();
    if (other[12] === 0x86 && this.#random.below(2) === 0)
      copy.set(other.subarray(IPV6.source, IPV6.source + 16), IPV6.source);
    const [source, destination] = [IPV6.source, IPV6.source + 16].map((at) => copy.subarray(at, at + 16));
    copy.set(this.#altered(copy.subarray(IPV6.payload), [source!, destination!], forms), IPV6.payload);
    this.port.transmit(copy, true);
  }

  #send4(frame: Uint8Array, other: Uint8Array, forms: readonly Form[]): void {
    const ethernet = parseEthernet(frame)!;
    const ip = parseIpv4(ethernet.payload)!;
    const { destination, protocol, ttl } = ip;
    const sources = [ip.source, other[12] === 8 ? other.subarray(26, 30) : ip.source, this.#invented()];
    const header = { source: sources[this.#random.below(3)]!, destination, protocol, ttl, tos: 0, id: 1 };
    const payload = this.#altered(ip.payload, [header.source, destination], forms);
    const sent = new Uint8Array(ETHER_HDR_LEN + IPV4_HDR_LEN + payload.length);
    writeEthernetHeader(sent, ethernet.destination, ethernet.source, ethernet.type);
    encodeIpv4(header, payload, sent.subarray(ETHER_HDR_LEN));
    this.port.transmit(sent, true);
  }

  #invented(): Uint8Array {
    return Uint8Array.of(10, 0, this.#random.below(2), 100 + this.#random.below(100));
  }

  #altered(payload: Uint8Array, way: Way, forms: readonly Form[]): Uint8Array {
    const form = forms[this.#random.below(forms.length)]!;
    const copy = payload[1]! > VRID_BASE ? forged(payload, way, form) : altered(payload, form);
    // A stranger who guesses.
    if (this.#random.below(8) === 0) copy[35] = this.#random.below(256);
    return copy;
  }
}

/** An advertisement of VRRP with other fields and a checksum that is right; its trailer is not. */
function forged(advertisement: Uint8Array, way: Way, { advskew, advbase, demote }: Form): Uint8Array {
  const copy = advertisement.slice();
  if (advskew !== undefined) copy[VRRP_OFF_PRIORITY] = advskew;
  if (advbase !== undefined) copy[VRRP_OFF_INTERVAL] = advbase;
  if (demote !== undefined) copy[VRRP_OFF_AUTH] = demote;
  const version = copy[0]! >> 4 === 2 ? 2 : 3;
  const [source, destination] = way.map((address) => InetAddress.from(address));
  const { family } = source!;
  const length = family === 6 ? copy.length : advertisementLength(version, family, copy[VRRP_OFF_COUNT]!);
  storeVrrpChecksum(copy, version, { source: source!, destination: destination! }, 'pseudo-header', length);
  return copy;
}

function isVrrp(frame: Uint8Array): boolean {
  return frame[frame[12] === 8 ? 35 : 55]! > VRID_BASE;
}
