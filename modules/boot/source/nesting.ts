import { CST } from 'yaml';

/** Settings nest five deep. The parser's work grows with the square of the depth, and its recursion with the depth. */
const MAX_DEPTH = 100;
/** Blanks in a row: each level of a mapping takes one column at least. */
const MAX_BLANKS = 1000;

/** Follows the lexer, and says when brackets, or list marks in one line, nest too deeply. */
export class NestingGuard {
  #brackets = 0;
  #marks = 0;

  /** @returns whether the source may go on after this lexeme */
  pass(lexeme: string): boolean {
    switch (CST.tokenType(lexeme)) {
      case 'flow-seq-start':
      case 'flow-map-start':
        this.#brackets++;
        break;
      case 'flow-seq-end':
      case 'flow-map-end':
        this.#brackets = Math.max(0, this.#brackets - 1);
        break;
      case 'seq-item-ind':
      case 'explicit-key-ind':
        this.#marks++;
        break;
      case 'newline':
        this.#marks = 0;
        break;
      case 'space':
        if (lexeme.length > MAX_BLANKS) return false;
        break;
      default:
    }
    return this.#brackets <= MAX_DEPTH && this.#marks <= MAX_DEPTH;
  }
}
