import { bearsMark, SEAL_EPOCH, SEAL_UNIT_MS, sequenceOf } from '../seal/format.js';

/** A seal whose sequence is so far from the time of the packet is a number that looks like one by chance. */
const MAX_CLOCK_ERROR_MS = 365 * 86_400_000;

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

/** When a counter was made, if it is to be taken for a seal; else undefined. @param time of the packet, in ms since 1970 */
export function sealClock(counter: bigint, time: number): number | undefined {
  const words = { high: Number(counter >> 32n), low: Number(counter & 0xffffffffn) };
  return claimsSeal(words, time) ? sealedAt(words) : undefined;
}
