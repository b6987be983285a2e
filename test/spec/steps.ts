/** What the specification and the code are compared by: the steps of a run, with the states after each. */

/** An eighth of a second, in which the specification counts. */
export const TICK_MS = 125;
/** How much longer the interval of each host is than that of the one before it, as advskew: one tick. */
export const SKEW_STEP = 32;

/**
 * `take`, `lose`: an advertisement reaches the host, or does not; `fire`: the host's timer; `crash`, `start`. In the order
 * of the numbers that the specification has for them.
 */
export const ACTS = ['take', 'lose', 'fire', 'crash', 'start'] as const;
export type Act = (typeof ACTS)[number];

/** In the order of the numbers that the specification has for them. */
export const STATES = ['off', 'BACKUP', 'MASTER'] as const;

/** One step of a run. */
export interface Step {
  /** Ticks since the run began. */
  readonly at: number;
  readonly act: Act;
  /** To whom it is done, by number. */
  readonly host: number;
  /** The state of each host after it. */
  readonly states: readonly string[];
}

/** The settings of a run. */
export interface SpecSettings {
  readonly hosts: 2 | 3;
  readonly preempt: boolean;
  /** How many hosts may crash, one after another. */
  readonly crashes: number;
  /** Ticks after which there is one MASTER; default: two dead times of the worst host. */
  readonly bound?: number;
}

/** A step as a line for people. */
export function lineOf({ at, act, host, states }: Step): string {
  return `${(at / 8).toFixed(3)} s: ${act} ${'abc'[host]}: ${states.join(' ')}`;
}
