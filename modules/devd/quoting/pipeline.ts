const OPENERS = new Set(['{', 'if', 'while', 'until', 'for', 'select', 'case']);
const CLOSERS = new Set(['}', 'fi', 'done', 'esac']);

/** Whether the command at hand reads what another writes into a pipe, groups and loops taken into account. */
export class Pipeline {
  #depth = 0;
  /** How deep the pipe stands that feeds; undefined where none does. */
  #fedAt: number | undefined;
  /** The parentheses of `case` do not balance: what is fed stays so. */
  #hasCase = false;

  /** @param isFed whether all of it is fed from outside */
  constructor(isFed = false) {
    if (isFed) this.#fedAt = Number.NEGATIVE_INFINITY;
  }

  get isFed(): boolean {
    return this.#fedAt !== undefined;
  }

  pipe(): void {
    this.#fedAt = Math.min(this.#fedAt ?? this.#depth, this.#depth);
  }

  /** `;`, `&`, `&&`, `||` or the end of a line, behind a command. */
  separate(): void {
    if (this.#fedAt !== undefined && this.#depth <= this.#fedAt && !this.#hasCase) this.#fedAt = undefined;
  }

  open(): void {
    this.#depth++;
  }

  close(): void {
    this.#depth--;
    if (this.#fedAt !== undefined && this.#depth < this.#fedAt && !this.#hasCase) this.#fedAt = undefined;
  }

  keyword(word: string): void {
    if (word === 'case') this.#hasCase = true;
    if (OPENERS.has(word)) this.open();
    else if (CLOSERS.has(word)) this.close();
  }
}
