import type { HealthVerdict } from './status.js';

/** The hold doubles up to this each time a check fails again soon, unless the settings have a longer one. */
const MAX_HOLD_MS = 600_000;
/** A check that stays up for so many holds has recovered for good. */
const PROVEN_HOLDS = 5;
/** What a hold of 0 grows to. */
const MIN_HOLD_MS = 1000;

/** When results become a verdict. */
export interface JudgeRules {
  /** Successes in a row that make it up. */
  readonly rise: number;
  /** Failures in a row that make it down. */
  readonly fall: number;
  /** Milliseconds for which all runs must succeed before it is up again. */
  readonly hold: number;
}

/** What a judge remembers, for a successor. Times are the kernel clock's ms. */
export interface JudgeState {
  readonly verdict: HealthVerdict;
  readonly since: number;
  readonly succeeds: boolean;
  readonly inARow: number;
  readonly goodSince: number | null;
  readonly wasUp: boolean;
  readonly hold: number;
}

/**
 * Turns the results of a check into a verdict. Up needs `rise` successes in a row, down `fall` failures. The first success
 * of all is enough: nothing is known against it.
 *
 * A check that flaps must not move an address to and fro: after a failure it must succeed for the whole `hold`, which
 * doubles each time that it falls soon after.
 */
export class Judge {
  readonly #rules: JudgeRules;
  #verdict: HealthVerdict = 'unknown';
  #since: number;
  #succeeds = false;
  #wasUp = false;
  #inARow = 0;
  /** Since when all runs succeed; undefined while they fail. */
  #goodSince: number | undefined;
  #hold: number;

  /** @param now the kernel's clock in ms */
  constructor(rules: JudgeRules, now: number) {
    this.#rules = rules;
    this.#since = now;
    this.#hold = rules.hold;
  }

  get verdict(): HealthVerdict {
    return this.#verdict;
  }

  /** Since when it has the verdict, on the kernel's clock. */
  get since(): number {
    return this.#since;
  }

  get inARow(): number {
    return this.#inARow;
  }

  get hold(): number {
    return this.#hold;
  }

  /** A run has ended. @returns whether the verdict is another one */
  result(succeeded: boolean, now: number): boolean {
    this.#inARow = succeeded === this.#succeeds ? this.#inARow + 1 : 1;
    this.#succeeds = succeeded;
    if (succeeded) this.#goodSince ??= now;
    else this.#goodSince = undefined;
    const verdict = this.#judge(succeeded, now);
    if (verdict === this.#verdict) return false;
    if (verdict === 'down') this.#grow(now);
    this.#wasUp ||= verdict === 'up';
    this.#verdict = verdict;
    this.#since = now;
    return true;
  }

  capture(): JudgeState {
    return {
      verdict: this.#verdict,
      since: this.#since,
      succeeds: this.#succeeds,
      inARow: this.#inARow,
      goodSince: this.#goodSince ?? null,
      wasUp: this.#wasUp,
      hold: this.#hold,
    };
  }

  adopt({ verdict, since, succeeds, inARow, goodSince, wasUp, hold }: JudgeState): void {
    this.#verdict = verdict;
    this.#since = since;
    this.#succeeds = succeeds;
    this.#inARow = inARow;
    this.#goodSince = goodSince ?? undefined;
    this.#wasUp = wasUp;
    this.#hold = hold;
  }

  #judge(succeeded: boolean, now: number): HealthVerdict {
    const { rise, fall } = this.#rules;
    if (succeeded && !this.#wasUp) return 'up';
    if (this.#verdict !== 'down') return succeeded || this.#inARow < fall ? this.#verdict : 'down';
    const held = this.#goodSince !== undefined && now - this.#goodSince >= this.#hold;
    return succeeded && held && this.#inARow >= rise ? 'up' : 'down';
  }

  /** It falls: soon after it rose, it is to be trusted less. */
  #grow(now: number): void {
    if (this.#verdict === 'up' && now - this.#since < PROVEN_HOLDS * this.#hold)
      this.#hold = Math.max(this.#rules.hold, Math.min(MAX_HOLD_MS, Math.max(2 * this.#hold, MIN_HOLD_MS)));
    else this.#hold = this.#rules.hold;
  }
}
