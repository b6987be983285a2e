import type { InetAddress } from '../../ifnet/index.js';
import { CarpSealCode, type CarpSealed } from '../seal/code.js';
import { codeOf } from '../seal/format.js';
import type { HmacWork } from '../wire/hmac.js';
import type { CounterWords } from './seal-claim.js';

const BYTE = 256;

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
