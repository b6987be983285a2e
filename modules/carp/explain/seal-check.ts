import type { InetAddress } from '../../ifnet/index.js';
import { CarpSealCode, type CarpSealed } from '../seal/code.js';
import { bearsMark, codeOf, SEAL_EPOCH, SEAL_UNIT_MS, sequenceOf } from '../seal/format.js';
import type { HmacWork } from '../wire/hmac.js';

/** A seal whose sequence is so far from the time of the packet is a number that looks like one by chance. */
const MAX_CLOCK_ERROR_MS = 365 * 86_400_000;
const BYTE = 256;

/** A counter in its two unsigned words. */
export interface CounterWords {
  readonly high: number;
  readonly low: number;
}

/** When the sender made a seal, by the common time of the vhid's hosts, in ms since 1970. */
export function sealedAt({ high, low }: CounterWords): number {
  return SEAL_EPOCH + sequenceOf(high, low) * SEAL_UNIT_MS;
}

/** Whether a counter is to be taken for a seal. @param time of the packet, in ms since 1970 */
export function claimsSeal(counter: CounterWords, time: number): boolean {
  const { high, low } = counter;
  return bearsMark(high, low) && Math.abs(sealedAt(counter) - time) < MAX_CLOCK_ERROR_MS;
}

/** Checks seals by the password alone: they do not depend on the addresses. */
export class SealCheck {
  readonly #code: CarpSealCode;

  constructor(key: Uint8Array, work: HmacWork) {
    this.#code = new CarpSealCode(work, key);
  }

  /** Whether the seal fits the password and what the advertisement says. */
  holds({ high, low }: CounterWords, said: CarpSealed): boolean {
    return this.#code.of(high, low, said) === codeOf(low);
  }

  /**
   * Which field of a sealed advertisement was altered, in words; undefined if it was not a single one that can be guessed.
   *
   * @param sources senders that it may have come from
   */
  altered(counter: CounterWords, said: CarpSealed, sources: Iterable<InetAddress>): string | undefined {
    for (const source of sources)
      if (!source.equals(said.source) && this.holds(counter, { ...said, source }))
        return `${source} had sent it`;
    for (const name of ['advskew', 'advbase', 'demote'] as const)
      for (let value = 0; value < BYTE; value++)
        if (value !== said[name] && this.holds(counter, { ...said, [name]: value }))
          return `its sender had said ${name} ${value}`;
    return undefined;
  }
}
