import { lex, type Word } from './lexer.js';

/**
 * @module
 * The language of keepalived.conf(5): words, `{ }`, `"` around words, and what the lexer takes out of the lines:
 * comments and definitions. `{{ name }}` of a template is a word. A statement is a line of words; a block may follow it.
 */
export interface Statement {
  readonly line: number;
  readonly words: readonly string[];
  readonly block: readonly Statement[] | undefined;
}

/** A brace that has no other. */
export interface StrayBrace {
  readonly line: number;
  /** What is wrong, and what to do. */
  readonly about: string;
}

/** What a file says. */
export interface Parsed {
  readonly statements: readonly Statement[];
  readonly strays: readonly StrayBrace[];
}

/** Reads a file. It never throws: a brace that is missing or too many is passed over, as by keepalived. */
export function parseKeepalived(text: string): Parsed {
  const parser = new Parser(lex(text));
  return { statements: parser.file(), strays: parser.strays };
}

class Parser {
  readonly strays: StrayBrace[] = [];
  readonly #words: readonly Word[];
  #at = 0;

  constructor(all: readonly Word[]) {
    this.#words = all;
  }

  /** All that there is. */
  file(): Statement[] {
    const found = this.#statements();
    for (let word = this.#words[this.#at]; word !== undefined; word = this.#words[this.#at]) {
      this.strays.push({ line: word.line, about: 'this } closes nothing: take it out' });
      this.#at++;
      found.push(...this.#statements());
    }
    return found;
  }

  /** Up to the brace that closes, or the end. */
  #statements(): Statement[] {
    const found: Statement[] = [];
    for (let word = this.#words[this.#at]; word !== undefined; word = this.#words[this.#at]) {
      if (isBrace(word, '}')) break;
      found.push(this.#statement(word));
    }
    return found;
  }

  #block(opened: number): Statement[] {
    const found = this.#statements();
    if (this.#at < this.#words.length) this.#at++;
    else this.strays.push({ line: opened, about: 'this {, or one below it, is not closed: add the }' });
    return found;
  }

  #statement({ line, row }: Word): Statement {
    const texts: string[] = [];
    for (;;) {
      const word = this.#words[this.#at];
      if (word === undefined || isBrace(word, '}')) break;
      // The block of a statement may open on the line below.
      if (isBrace(word, '{')) {
        this.#at++;
        return { line, words: texts, block: this.#block(word.line) };
      }
      if (word.row !== row) break;
      texts.push(word.text);
      this.#at++;
    }
    return { line, words: texts, block: undefined };
  }
}

function isBrace(word: Word, brace: string): boolean {
  return !word.quoted && word.text === brace;
}
