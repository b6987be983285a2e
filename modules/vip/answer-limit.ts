/** Each host of a segment may have a first and a last word at the same moment. */
const ANSWERS = 4;

/**
 * How often a MASTER answers worse ones, of which there could be a flood: four times in any stretch of some length, however
 * close together. One that is MASTER for a moment may announce itself after its first word was answered; so its last word,
 * which follows at once, must be answered too.
 */
export class AnswerLimit {
  /** When it answered, the latest first: ms on the kernel's clock. */
  #times: readonly number[] = [];

  /** Whether it may answer now, which counts as an answer. @param within the length of the stretch, in ms */
  take(now: number, within: number): boolean {
    const oldest = this.#times[ANSWERS - 1];
    if (oldest !== undefined && now - oldest < within) return false;
    this.#times = [now, ...this.#times.slice(0, ANSWERS - 1)];
    return true;
  }

  /** For a successor. */
  capture(): readonly number[] {
    return this.#times;
  }

  adopt(times: readonly number[]): void {
    this.#times = times.slice(0, ANSWERS);
  }
}
