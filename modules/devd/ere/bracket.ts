/**
 * Bracket expressions, as in regex(7) of FreeBSD in the C locale with REG_ICASE.
 *
 * @module
 */
import { EreError, type Node } from './ast.js';
import { ByteSet } from './byte-set.js';

const between = (low: string, high: string) => (byte: number) =>
  byte >= low.charCodeAt(0) && byte <= high.charCodeAt(0);
const isUpper = between('A', 'Z');
const isLower = between('a', 'z');
const isDigit = between('0', '9');
const isGraph = between('!', '~');
const isAlpha = (byte: number): boolean => isUpper(byte) || isLower(byte);
const isAlnum = (byte: number): boolean => isAlpha(byte) || isDigit(byte);

const CLASSES: Readonly<Record<string, (byte: number) => boolean>> = {
  alnum: isAlnum,
  alpha: isAlpha,
  blank: (byte) => byte === 0x20 || byte === 0x09,
  cntrl: (byte) => byte < 0x20 || byte === 0x7f,
  digit: isDigit,
  graph: isGraph,
  lower: isLower,
  print: (byte) => isGraph(byte) || byte === 0x20,
  punct: (byte) => isGraph(byte) && !isAlnum(byte),
  space: (byte) => byte === 0x20 || between('\t', '\r')(byte),
  upper: isUpper,
  xdigit: (byte) => isDigit(byte) || between('A', 'F')(byte) || between('a', 'f')(byte),
};

/** The characters of a word, for `[[:<:]]` and `\<`. */
export const WORD = ByteSet.from((byte) => isAlnum(byte) || byte === 0x5f);

/** A parsed bracket expression. */
export interface Bracket {
  readonly node: Node;
  /** The offset after the closing bracket. */
  readonly end: number;
}

/** Parses the bracket expression whose `[` is right before `start`. @throws EreError */
export function parseBracket(text: string, start: number): Bracket {
  for (const [written, at] of [
    ['[:<:]]', 'word-start'],
    ['[:>:]]', 'word-end'],
  ] as const) {
    if (text.startsWith(written, start)) return { node: { type: 'assert', at }, end: start + written.length };
  }
  return new BracketReader(text, start).read();
}

class BracketReader {
  readonly #text: string;
  #at: number;

  constructor(text: string, at: number) {
    this.#text = text;
    this.#at = at;
  }

  read(): Bracket {
    const negated = this.#accept('^');
    let set = new ByteSet();
    // "]" and "-" stand for themselves where they come first.
    if (this.#accept(']')) set = set.union(ByteSet.of(0x5d));
    else if (this.#accept('-')) set = set.union(ByteSet.of(0x2d));
    while (!this.#sees(']') && !this.#text.startsWith('-]', this.#at)) set = set.union(this.#term());
    if (this.#accept('-')) set = set.union(ByteSet.of(0x2d));
    this.#accept(']');
    const folded = set.foldCase();
    return { node: { type: 'set', set: negated ? folded.invert() : folded }, end: this.#at };
  }

  #term(): ByteSet {
    if (this.#accept('[:')) return this.#named();
    if (this.#accept('[=')) return ByteSet.of(this.#collating('='));
    const low = this.#element();
    if (!this.#sees('-') || this.#text[this.#at + 1] === ']') return ByteSet.of(low);
    this.#at++;
    const high = this.#accept('-') ? 0x2d : this.#element();
    if (low > high) throw new EreError('REG_ERANGE', 'the range in the bracket expression runs backwards');
    return ByteSet.from((byte) => byte >= low && byte <= high);
  }

  #named(): ByteSet {
    const end = this.#text.indexOf(':]', this.#at);
    const name = this.#text.slice(this.#at, end < 0 ? undefined : end);
    const accepts = Object.hasOwn(CLASSES, name) ? CLASSES[name] : undefined;
    if (end < 0 || accepts === undefined) {
      throw new EreError('REG_ECTYPE', `there is no character class [:${name}:]`);
    }
    this.#at = end + 2;
    return ByteSet.from(accepts);
  }

  #element(): number {
    if (this.#accept('[.')) return this.#collating('.');
    if (this.#sees('-'))
      throw new EreError('REG_ERANGE', 'a "-" in a bracket expression stands first or last');
    const byte = this.#text.charCodeAt(this.#at);
    if (Number.isNaN(byte)) throw new EreError('REG_EBRACK', 'the bracket expression is not closed with "]"');
    this.#at++;
    return byte;
  }

  /** The C locale has only single characters here; their POSIX names ("hyphen") are not known to this reader. */
  #collating(mark: '.' | '='): number {
    const end = this.#text.indexOf(`${mark}]`, this.#at + 1);
    const name = this.#text.slice(this.#at, end < 0 ? undefined : end);
    if (end < 0) throw new EreError('REG_EBRACK', `"[${mark}" is not closed with "${mark}]"`);
    if (name.length !== 1)
      throw new EreError('REG_ECOLLATE', `[${mark}${name}${mark}] is not a single character`);
    this.#at = end + 2;
    return name.charCodeAt(0);
  }

  #sees(char: string): boolean {
    if (this.#at >= this.#text.length) {
      throw new EreError('REG_EBRACK', 'the bracket expression is not closed with "]"');
    }
    return this.#text[this.#at] === char;
  }

  #accept(written: string): boolean {
    const found = this.#text.startsWith(written, this.#at);
    if (found) this.#at += written.length;
    return found;
  }
}
