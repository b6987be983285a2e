/**
 * The scanner of devd.conf. It yields the tokens that FreeBSD's scanner yields (flex, longest match). A character that no
 * rule of it matches is dropped there without an error; here too, and recorded as an oddity.
 *
 * @module
 */
import type { Position, Remark } from './ast.js';
import { readString } from './string.js';

/** The kinds of tokens. */
export type TokenType = 'number' | 'string' | 'id' | 'keyword' | ';' | '{' | '}' | 'end';

/** A token of a file. */
export interface Token {
  readonly type: TokenType;
  /** As written; of a string its value, with continuation lines joined. */
  readonly text: string;
  readonly offset: number;
}

/** Reserved outside strings, in lower case only. */
export const KEYWORDS: ReadonlySet<string> = new Set([
  'options',
  'set',
  'directory',
  'pid-file',
  'attach',
  'detach',
  'device-name',
  'media-type',
  'class',
  'subdevice',
  'action',
  'match',
  'nomatch',
  'notify',
]);

const BLANK = /[ \t\n]+/y;
const NUMBER = /[0-9]+/y;
const WORD = /[A-Za-z][A-Za-z0-9_-]*/y;

/** Splits a text into tokens. */
export class Lexer {
  #offset = 0;
  readonly #strays: { offset: number; end: number }[] = [];
  readonly #lines: number[] = [0];
  // The last place where a comment or string can end, looked up once: no text makes scanning quadratic.
  readonly #lastNewline: number;
  readonly #lastCommentEnd: number;
  readonly #lastQuote: number;
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
    this.#lastNewline = text.lastIndexOf('\n');
    this.#lastCommentEnd = text.lastIndexOf('*/');
    this.#lastQuote = text.lastIndexOf('"');
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) this.#lines.push(at + 1);
  }

  /** The next token; after the last one always `end`. */
  next(): Token {
    for (;;) {
      const offset = this.#offset;
      if (offset >= this.#text.length) return { type: 'end', text: '', offset };
      if (this.#skipBlank() || this.#skipComment()) continue;
      const token = this.#token(offset);
      if (token !== undefined) return token;
      this.#stray(offset);
    }
  }

  position(offset: number): Position {
    let low = 0;
    let high = this.#lines.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#lines[middle]! <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: offset - this.#lines[low]! + 1 };
  }

  /** The characters dropped so far, adjacent ones in one remark. */
  oddities(): Remark[] {
    return this.#strays.map(({ offset, end }) => ({
      ...this.position(offset),
      message: this.#describeStray(offset, end),
    }));
  }

  /** The first dropped character that was meant to begin a comment or string, and so causes the errors after it. */
  misreading(): Remark | undefined {
    const begins = (offset: number): boolean =>
      offset === this.#lastQuote || /^(#|\/[/*])/.test(this.#text.slice(offset, offset + 2));
    const stray = this.#strays.find(({ offset }) => begins(offset));
    if (stray === undefined) return undefined;
    return { ...this.position(stray.offset), message: this.#describeStray(stray.offset, stray.end) };
  }

  #skipBlank(): boolean {
    return this.#take(BLANK) !== undefined;
  }

  /** A line comment counts only if a newline follows it, a block comment only if it ends. */
  #skipComment(): boolean {
    const text = this.#text;
    const offset = this.#offset;
    const char = text[offset];
    const pair = char === '/' ? text[offset + 1] : undefined;
    if ((char === '#' || pair === '/') && offset < this.#lastNewline) {
      this.#offset = text.indexOf('\n', offset) + 1;
      return true;
    }
    if (pair === '*' && offset + 2 <= this.#lastCommentEnd) {
      this.#offset = text.indexOf('*/', offset + 2) + 2;
      return true;
    }
    return false;
  }

  #token(offset: number): Token | undefined {
    const char = this.#text[offset]!;
    if (char === ';' || char === '{' || char === '}') {
      this.#offset++;
      return { type: char, text: char, offset };
    }
    if (char === '"') return this.#string(offset);
    const word = this.#take(WORD);
    if (word !== undefined) return { type: KEYWORDS.has(word) ? 'keyword' : 'id', text: word, offset };
    const number = this.#take(NUMBER);
    return number === undefined ? undefined : { type: 'number', text: number, offset };
  }

  #string(offset: number): Token | undefined {
    if (offset >= this.#lastQuote) return undefined;
    const end = this.#text.indexOf('"', offset + 1);
    if (end === offset + 1) return undefined; // "" is no string, but two strays
    this.#offset = end + 1;
    return { type: 'string', text: readString(this.#text.slice(offset + 1, end)), offset };
  }

  #take(expression: RegExp): string | undefined {
    expression.lastIndex = this.#offset;
    const found = expression.exec(this.#text)?.[0];
    if (found !== undefined) this.#offset += found.length;
    return found;
  }

  #stray(offset: number): void {
    this.#offset++;
    const last = this.#strays.at(-1);
    if (last?.end === offset) last.end++;
    else this.#strays.push({ offset, end: offset + 1 });
  }

  #describeStray(offset: number, end: number): string {
    const text = this.#text.slice(offset, end);
    const shown = JSON.stringify(text.length > 20 ? `${text.slice(0, 20)}…` : text);
    if (text.startsWith('"')) {
      return offset === this.#lastQuote
        ? 'this quotation mark is never closed, and is ignored'
        : 'an empty string is no string: the quotation marks are ignored';
    }
    if ((text.startsWith('#') || text.startsWith('//')) && offset > this.#lastNewline) {
      return 'a comment on the last line needs a newline after it: without one its words are read as statements';
    }
    if (text.startsWith('/*')) return 'this comment is never closed, and its words are read as statements';
    if (text === '\r') return 'a carriage return is no white space here, and is ignored: use plain newlines';
    return `${shown} means nothing here, and is ignored`;
  }
}
