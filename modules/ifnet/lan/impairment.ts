import { CarpetError } from '../../../core/errors.js';
import type { Random } from '../../../core/random.js';

/** What a wire does to frames. Probabilities are per frame and receiver, 0 to 1. */
export interface Impairment {
  /** Time on the wire in milliseconds. */
  readonly latencyMs?: number | undefined;
  /** Added to the latency: uniformly 0 to this many milliseconds. Alone it never changes the order of frames. */
  readonly jitterMs?: number | undefined;
  /** Probability that a frame is lost; 1 loses all of them. */
  readonly loss?: number | undefined;
  /** Probability that a frame arrives twice. */
  readonly duplicate?: number | undefined;
  /** Probability that a frame is held back so that later ones overtake it. */
  readonly reorder?: number | undefined;
}

/** What became of one frame on its way to one receiver. */
export interface Passage {
  lost: boolean;
  /** Total delay in milliseconds. */
  delay: number;
  duplicated: boolean;
  reordered: boolean;
}

const PROBABILITIES = ['loss', 'duplicate', 'reorder'] as const;
const DURATIONS = ['latencyMs', 'jitterMs'] as const;

/** @throws CarpetError ELAN, which names the setting that is out of range */
export function checkImpairment(impairment: Impairment): Impairment {
  for (const key of PROBABILITIES) {
    const value = impairment[key];
    if (value !== undefined && !(value >= 0 && value <= 1)) {
      throw new CarpetError('ELAN', `lan: ${key} is ${value}; it is a probability, 0 to 1`);
    }
  }
  for (const key of DURATIONS) {
    const value = impairment[key];
    if (value !== undefined && !(value >= 0 && value <= 3_600_000)) {
      throw new CarpetError('ELAN', `lan: ${key} is ${value}; it is a time in milliseconds, 0 to 3600000`);
    }
  }
  return impairment;
}

/**
 * Adds one wire's effect to a frame's passage. A draw is made only for a probability above 0, so that an impairment that
 * is off takes no number from the random sequence.
 */
export function impair(passage: Passage, wire: Impairment | undefined, random: Random): void {
  if (wire === undefined) return;
  const { latencyMs = 0, jitterMs = 0, loss = 0, duplicate = 0, reorder = 0 } = wire;
  passage.delay += latencyMs + (jitterMs > 0 ? random.float() * jitterMs : 0);
  if (loss > 0 && random.float() < loss) passage.lost = true;
  if (duplicate > 0 && random.float() < duplicate) passage.duplicated = true;
  if (reorder > 0 && random.float() < reorder) {
    passage.reordered = true;
    passage.delay += random.float() * 4 * (latencyMs + jitterMs + 1);
  }
}
