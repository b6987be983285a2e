import { NotPlain } from './not-plain.js';
import { Hole, type Piece } from './word.js';

/** Stands for a piece that is no character where the text ahead is looked at. */
const NO_CHARACTER = '\uffff';
/** As far as anyone looks ahead: the longest name of a variable in an expansion. */
const AHEAD = 200;
const KEYWORD = /^([a-z]+|\{|\}|!|\[\[|\]\])(?=[\s;&|<>()]|$)/;

/** A text of commands, and how far it was read. */
export class Text {
  readonly #pieces: readonly Piece[];
  #at = 0;
  /** How many command substitutions are open. */
  depth = 0;
  readonly #mayComment: boolean;

  constructor(pieces: readonly Piece[], { mayComment }: { mayComment: boolean }) {
    this.#pieces = pieces;
    this.#mayComment = mayComment;
  }

  get at(): number {
    return this.#at;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#pieces.length;
  }

  /** A word cannot go on here. */
  get isDelimiter(): boolean {
    return this.isAtEnd || ' \t\n;&|<>()'.includes(this.#character(0) ?? NO_CHARACTER);
  }

  /** What comes next; undefined at the end. */
  peek(): Piece | undefined {
    return this.#pieces[this.#at];
  }

  next(): Piece | undefined {
    return this.#pieces[this.#at++];
  }

  skip(count: number): void {
    this.#at += count;
  }

  /** The pieces from a place up to where the text was read. */
  since(at: number): readonly Piece[] {
    return this.#pieces.slice(at, this.#at);
  }

  /** The characters to come, up to a value or an expansion. */
  ahead(): string {
    let text = '';
    for (let i = 0; i < AHEAD && this.#at + i < this.#pieces.length; i++) {
      const character = this.#character(i);
      if (character === undefined) return text + NO_CHARACTER;
      text += character;
    }
    return text;
  }

  startsWith(text: string): boolean {
    return text.split('').every((character, i) => this.#character(i) === character);
  }

  /** A word of small letters, or a mark, that may be one of the grammar. */
  keyword(): string | undefined {
    return KEYWORD.exec(this.ahead())?.[1];
  }

  /** Takes the first of the marks that stands here. */
  takeAny(...marks: readonly string[]): string | undefined {
    const mark = marks.find((each) => this.startsWith(each));
    if (mark !== undefined) this.#at += mark.length;
    return mark;
  }

  /** Blanks, continuations of a line, and a comment. */
  skipBlanks(): void {
    while (this.takeAny(' ', '\t', '\\\n') !== undefined);
    if (this.startsWith('#')) this.#comment();
  }

  skipLines(): void {
    do this.skipBlanks();
    while (this.takeAny('\n') !== undefined);
  }

  #comment(): void {
    if (!this.#mayComment || this.depth > 0)
      throw new NotPlain('a comment in a text that is read within another');
    for (; !this.isAtEnd && this.peek() !== '\n'; this.#at++) {
      const piece = this.peek();
      if (piece instanceof Hole) piece.put('comment', false, '');
    }
  }

  #character(ahead: number): string | undefined {
    const piece = this.#pieces[this.#at + ahead];
    return typeof piece === 'string' ? piece : undefined;
  }
}
