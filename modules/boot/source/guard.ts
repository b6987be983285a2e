import { CST } from 'yaml';

/** Settings nest five deep. The parser's work grows with the square of the depth, and its recursion with the depth. */
const MAX_DEPTH = 100;
/** Blanks in a row: each level of a mapping takes one column at least. */
const MAX_BLANKS = 1000;

/** What the lexer says that does not stand in the text. */
const CONTROLS = new Set<CST.TokenType>(['doc-mode', 'flow-error-end', 'scalar']);
/** Marks that a value can need: one in front of it, one in front of its key, and its own bracket. */
const MARKS_PER_VALUE = 3;

/**
 * Follows the lexer, and says when brackets, or list marks in one line, nest too deeply, and when there are more values than
 * a file may have: to compose a million before they are counted takes ten seconds.
 */
export class SourceGuard {
  readonly #maxMarks: number;
  #brackets = 0;
  #marks = 0;
  /** Brackets, commas, colons and list marks in the whole text. */
  #all = 0;
  #offset = 0;
  #end = 0;

  /** @param maxValues values that a file may have */
  constructor(maxValues: number) {
    this.#maxMarks = MARKS_PER_VALUE * maxValues;
  }

  /** Where the latest lexeme begins. */
  get offset(): number {
    return this.#offset;
  }

  /** @returns what is too much with this lexeme; undefined if the source may go on */
  pass(lexeme: string): 'deep' | 'many' | undefined {
    const type = CST.tokenType(lexeme);
    this.#offset = this.#end;
    if (type === null || !CONTROLS.has(type)) this.#end += lexeme.length;
    switch (type) {
      case 'flow-seq-start':
      case 'flow-map-start':
        this.#brackets++;
        this.#all++;
        break;
      case 'flow-seq-end':
      case 'flow-map-end':
        this.#brackets = Math.max(0, this.#brackets - 1);
        break;
      case 'seq-item-ind':
      case 'explicit-key-ind':
        this.#marks++;
        this.#all++;
        break;
      case 'comma':
      case 'map-value-ind':
        this.#all++;
        break;
      case 'newline':
        this.#marks = 0;
        break;
      case 'space':
        if (lexeme.length > MAX_BLANKS) return 'deep';
        break;
      default:
    }
    if (this.#brackets > MAX_DEPTH || this.#marks > MAX_DEPTH) return 'deep';
    return this.#all > this.#maxMarks ? 'many' : undefined;
  }
}
