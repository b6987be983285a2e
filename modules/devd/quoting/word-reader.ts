/**
 * Reads words: characters, quotes, escapes, and what the shell puts in.
 *
 * @module
 */
import { showsEnvironment } from './findings.js';
import { NotPlain } from './not-plain.js';
import type { Context } from './place.js';
import type { Text } from './text.js';
import { type Expansion, Hole, namedIn, type Piece, type Word } from './word.js';

/** `${name}`, `${#name}`, and those that cut or replace by a word without quotes: `${name:-none}`. */
const BRACED =
  /^\{(?:#?([A-Za-z_]\w*|\d+|[@*?$!-])|(#)|([A-Za-z_]\w*|\d)(?::?[-+=?]|##?|%%?)[\w.,:/@+*-]*)\}/;
const NAME = /^(?:[A-Za-z_]\w*|[0-9@*?#$!-])/;
/** Behind a dollar sign that stands for itself. */
const PLAIN_DOLLAR = /^(?:[\s;&|<>).,:/%+=~^\uffff]|$)/;
/** A name in front of a bracket: an element of an array, which is arithmetic. */
const IDENTIFIER = /^[A-Za-z_]\w*$/;

/** Reads what a command substitution encloses. */
interface Within {
  /** Up to the parenthesis that closes it. */
  list(): void;
  backticks(inside: readonly Piece[]): void;
}

/** A word that is being read. */
interface Draft {
  readonly pieces: Piece[];
  bare: string;
  isBare: boolean;
}

/** Reads the words of a text. */
export class WordReader {
  readonly #text: Text;
  readonly #isScript: boolean;
  readonly #inBackticks: boolean;
  readonly #within: Within;

  constructor(text: Text, where: { isScript: boolean; inBackticks: boolean }, within: Within) {
    this.#text = text;
    this.#isScript = where.isScript;
    this.#inBackticks = where.inBackticks;
    this.#within = within;
  }

  /** The word that begins here. @throws NotPlain also where none does */
  word(): Word {
    if (this.#text.isDelimiter) throw new NotPlain('an operator where a word should be');
    const draft: Draft = { pieces: [], bare: '', isBare: true };
    while (!this.#text.isDelimiter) this.#step(draft);
    return draft;
  }

  #step(draft: Draft): void {
    const piece = this.#text.next()!;
    if (piece instanceof Hole) return this.#hole(draft, piece, 'word');
    if (typeof piece !== 'string') throw new NotPlain('a variable in a script'); // ruled out before
    switch (piece) {
      case "'":
        return this.#single(draft);
      case '"':
        return this.#double(draft);
      case '\\':
        return this.#backslash(draft);
      case '$':
        return this.#dollar(draft, 'word');
      case '`':
        return this.#backticks(draft);
      case '*':
      case '?':
        return this.#glob(draft);
      case '[':
        return this.#bracket(draft);
      case '{':
      case '}':
        throw new NotPlain('a brace in a word, which some shells make several words of');
      default:
        return this.#character(draft, piece);
    }
  }

  #character(draft: Draft, character: string): void {
    if (character < ' ' || character === '\x7f') throw new NotPlain('a control character');
    if (character === '~' && draft.pieces.length === 0) return this.#expand(draft, 'HOME', false);
    draft.pieces.push(character);
    if (draft.isBare) draft.bare += character;
  }

  #hole(draft: Draft, hole: Hole, context: Context): void {
    draft.isBare = false;
    draft.pieces.push(hole);
    hole.put(context, this.#inBackticks, '');
  }

  #single(draft: Draft): void {
    draft.isBare = false;
    for (let piece = this.#text.next(); piece !== "'"; piece = this.#text.next()) {
      if (piece === undefined) throw new NotPlain('quotes that are left open');
      if (piece instanceof Hole) this.#hole(draft, piece, 'single');
      else draft.pieces.push(piece);
    }
  }

  #double(draft: Draft): void {
    draft.isBare = false;
    if (this.#inBackticks) throw new NotPlain('double quotes inside backticks');
    for (let piece = this.#text.next(); piece !== '"'; piece = this.#text.next()) {
      if (piece === undefined) throw new NotPlain('quotes that are left open');
      if (piece instanceof Hole) this.#hole(draft, piece, 'double');
      else if (piece === '`') throw new NotPlain('backticks inside double quotes');
      else if (piece === '$') this.#dollar(draft, 'double');
      else if (piece === '\\') this.#backslashInDouble(draft);
      else draft.pieces.push(piece);
    }
  }

  #backslash(draft: Draft): void {
    draft.isBare = false;
    if (this.#inBackticks) throw new NotPlain('a backslash inside backticks');
    const next = this.#text.peek();
    if (next === undefined || next === '\n') throw new NotPlain('a backslash at the end of a line');
    if (next instanceof Hole) return this.#dangling(draft, '\\', next, 'word');
    draft.pieces.push(next);
    this.#text.skip(1);
  }

  #backslashInDouble(draft: Draft): void {
    const next = this.#text.peek();
    if (next === undefined || next === '\n') throw new NotPlain('a backslash at the end of a line');
    if (next instanceof Hole) return this.#dangling(draft, '\\', next, 'double');
    if (typeof next !== 'string' || !'$`"\\'.includes(next)) draft.pieces.push('\\');
    draft.pieces.push(next);
    this.#text.skip(1);
  }

  /** A mark that would take the quote of the value behind it, and stands for itself. */
  #dangling(draft: Draft, mark: '\\' | '$', hole: Hole, context: Context): void {
    if (this.#isScript || this.#inBackticks)
      throw new NotPlain('an escape right before a value, in a text read twice');
    this.#text.skip(1);
    draft.pieces.push(mark, hole);
    hole.put(context, false, mark);
  }

  #dollar(draft: Draft, context: Context): void {
    draft.isBare = false;
    const next = this.#text.peek();
    const ahead = this.#text.ahead();
    if (next instanceof Hole) return this.#dangling(draft, '$', next, context);
    if (next === '(') return this.#substitution(draft, context);
    const name = next === '{' ? this.#braced(ahead) : NAME.exec(ahead)?.[0];
    if (name !== undefined) {
      if (next !== '{') this.#text.skip(name.length);
      return this.#expand(draft, name, context === 'word');
    }
    if (!PLAIN_DOLLAR.test(ahead) && !(context === 'double' && next === '"'))
      throw new NotPlain('a dollar sign that shells read differently');
    draft.pieces.push('$');
  }

  #braced(ahead: string): string {
    const found = BRACED.exec(ahead);
    if (found === null) throw new NotPlain('a parameter expansion that is not plain');
    this.#text.skip(found[0].length);
    return found[1] ?? found[2] ?? found[3]!;
  }

  #expand(draft: Draft, name: string, splits: boolean): void {
    draft.isBare = false;
    draft.pieces.push({ name, splits, holes: [], names: [] });
  }

  /** Names of files: of variables that come from outside they differ in nothing that matters here. */
  #glob(draft: Draft): void {
    this.#expand(draft, 'PWD', true);
  }

  /** `[` by itself is a command. */
  #bracket(draft: Draft): void {
    if (draft.pieces.length === 0 && this.#text.isDelimiter) return this.#character(draft, '[');
    if (draft.isBare && IDENTIFIER.test(draft.bare))
      throw new NotPlain('an element of an array, which is arithmetic');
    this.#glob(draft);
  }

  #substitution(draft: Draft, context: Context): void {
    if (context === 'double') throw new NotPlain('a command substitution inside double quotes');
    if (this.#text.startsWith('((')) throw new NotPlain('arithmetic');
    if (this.#inBackticks) throw new NotPlain('a command substitution inside backticks');
    this.#text.skip(1);
    const begin = this.#text.at;
    this.#text.depth++;
    this.#within.list();
    this.#text.depth--;
    draft.isBare = false;
    draft.pieces.push(output(this.#text.since(begin)));
  }

  #backticks(draft: Draft): void {
    if (this.#inBackticks || this.#text.depth > 0) throw new NotPlain('backticks in a command substitution');
    const inside: Piece[] = [];
    for (let piece = this.#text.next(); piece !== '`'; piece = this.#text.next()) {
      if (piece === undefined) throw new NotPlain('backticks that are left open');
      if (piece === '\\') throw new NotPlain('a backslash inside backticks');
      inside.push(piece);
    }
    this.#within.backticks(inside);
    draft.isBare = false;
    draft.pieces.push(output(inside));
  }
}

/** What a command gives out. */
function output(command: readonly Piece[]): Expansion {
  const text = command.map((piece) => (typeof piece === 'string' ? piece : ' ')).join('');
  return {
    name: '',
    splits: true,
    holes: command.filter((piece) => piece instanceof Hole),
    names: [...namedIn(text), ...(showsEnvironment(text) ? ['DEVD_*'] : [])],
  };
}
