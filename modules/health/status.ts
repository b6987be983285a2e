/** `unknown` until the first result, which counts as `down`. */
export type HealthVerdict = 'unknown' | 'up' | 'down';

/** A check for programs. */
export interface HealthStatus {
  readonly name: string;
  readonly kind: string;
  readonly verdict: HealthVerdict;
  /** Milliseconds since it has this verdict. */
  readonly age: number;
  /** What the last run found, in words. */
  readonly last: string;
  /** Runs that succeeded, or failed, in a row. */
  readonly inARow: number;
  /** Milliseconds for which it must succeed before it is up again; grows while it flaps. */
  readonly hold: number;
  /** What it demotes while it is not up: `all`, `1@eth0` or `group web`. */
  readonly on: string;
  /** Added to advskew while it is not up, or the weight; `stop` for INIT. */
  readonly effect: number | 'stop';
}
