import { type Callout, type Random, seededRandom, type VirtualClock } from '../../core/index.js';
import { encodeEthernet, encodeIpv4, parseEthernet, parseIpv4 } from '../../modules/ifnet/index.js';
import type { Lan, LanPort, LanStation } from '../../modules/ifnet/lan/index.js';
import { altered } from '../modules/carp/support/altered.js';

const PERIOD_MS = 100;
const IPV6 = { source: 22, payload: 54 } as const;
const MAX_RECORDED = 2000;

/**
 * A stranger on a segment who records every advertisement, alters it and sends it again, from the very source, from
 * another host's, or from an invented one: old ones and the latest, all the time.
 */
export class SimAttacker implements LanStation {
  readonly port: LanPort;
  readonly #random: Random;
  readonly #again: Callout;
  readonly #frames: Uint8Array[] = [];
  /** Frames sent. */
  sent = 0;

  constructor(lan: Lan, clock: VirtualClock, seed: string) {
    this.port = lan.connect('attacker', this);
    this.#random = seededRandom(seed);
    this.#again = clock.callout('attacker', () => this.#attack());
    this.#again.reset(PERIOD_MS);
  }

  carrierChanged(): void {}

  receive(frame: Uint8Array): void {
    const isCarp = (frame[12] === 8 && frame[23] === 112) || (frame[12] === 0x86 && frame[20] === 112);
    if (!isCarp) return;
    this.#frames.push(frame.slice());
    if (this.#frames.length > MAX_RECORDED) this.#frames.splice(0, MAX_RECORDED / 2);
  }

  stop(): void {
    this.#again[Symbol.dispose]();
  }

  #attack(): void {
    this.#again.reset(PERIOD_MS);
    const { length } = this.#frames;
    if (length === 0) return;
    const latest = this.#frames[Math.max(0, length - 1 - this.#random.below(4))]!;
    for (const frame of [latest, this.#frames[this.#random.below(length)]!]) this.#send(frame);
  }

  #send(frame: Uint8Array): void {
    this.sent++;
    const other = this.#frames[this.#random.below(this.#frames.length)]!;
    if (frame[12] === 8) return this.#send4(frame, other);
    const copy = frame.slice();
    if (other[12] === 0x86 && this.#random.below(2) === 0)
      copy.set(other.subarray(IPV6.source, IPV6.source + 16), IPV6.source);
    copy.set(this.#altered(copy.subarray(IPV6.payload)), IPV6.payload);
    this.port.transmit(copy);
  }

  #send4(frame: Uint8Array, other: Uint8Array): void {
    const ethernet = parseEthernet(frame)!;
    const ip = parseIpv4(ethernet.payload)!;
    const { destination, protocol, ttl } = ip;
    const sources = [ip.source, other[12] === 8 ? other.subarray(26, 30) : ip.source, this.#invented()];
    const header = { source: sources[this.#random.below(3)]!, destination, protocol, ttl, tos: 0, id: 1 };
    const packet = encodeIpv4(header, this.#altered(ip.payload));
    this.port.transmit(encodeEthernet(frame.slice(0, 6), frame.slice(6, 12), 0x0800, packet));
  }

  #invented(): Uint8Array {
    return Uint8Array.of(10, 0, this.#random.below(2), 100 + this.#random.below(100));
  }

  /** As it was, once in five times. */
  #altered(payload: Uint8Array): Uint8Array {
    const forms = [
      {},
      { advbase: 255, advskew: 255 },
      { advbase: 0, advskew: 0 },
      { advbase: 9 },
      { demote: 200 },
    ] as const;
    const copy = altered(payload, forms[this.#random.below(forms.length)]!);
    // A stranger who guesses.
    if (this.#random.below(8) === 0) copy[35] = this.#random.below(256);
    return copy;
  }
}
