/**
 * How often a MASTER answers a worse one, of which there could be a flood: at most twice within a time, in a row or not. One
 * that is MASTER for a moment may announce itself after the first answer; its last word, which follows at once, gets the
 * second.
 */
export class AnswerLimit {
  /** When it answered last, and before that: ms on the kernel's clock. */
  last = Number.NEGATIVE_INFINITY;
  before = Number.NEGATIVE_INFINITY;

  /** Whether it may answer now, which counts as an answer. @param within in ms */
  take(now: number, within: number): boolean {
    if (now - this.before < within) return false;
    this.before = this.last;
    this.last = now;
    return true;
  }
}
