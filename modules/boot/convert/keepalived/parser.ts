/**
 * @module
 * The language of keepalived.conf(5): words, `{ }`, `"` and `'` around words, comments from `#` or `!` to the end of the
 * line, `$NAME=value` and `$NAME` or `${NAME}`; and `{{ name }}` of a template is a word. A statement is a line of words; a block may follow it.
 */
export interface Statement {
  readonly line: number;
  readonly words: readonly string[];
  readonly block: readonly Statement[] | undefined;
}

interface Word {
  readonly line: number;
  readonly text: string;
  /** Quoted: neither brace nor variable. */
  readonly quoted: boolean;
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

function lex(text: string): Word[] {
  const variables = new Map<string, string>();
  return text.split('\n').flatMap((content, index) => {
    const line = index + 1;
    const [, name, value] = /^\s*\$(\w+)\s*=\s*(.*?)\s*$/.exec(content) ?? [];
    if (name !== undefined) {
      variables.set(name, value!);
      return [];
    }
    return words(substituted(content, variables)).map((word) => ({ ...word, line }));
  });
}

function substituted(content: string, variables: ReadonlyMap<string, string>): string {
  return content.replace(/\$(?:\{(\w+)\}|(\w+))/g, (all, braced?: string, bare?: string) => {
    return variables.get(braced ?? bare ?? '') ?? all;
  });
}

function words(content: string): Omit<Word, 'line'>[] {
  const found: Omit<Word, 'line'>[] = [];
  for (const [, double, single, bare, brace, comment] of content.matchAll(
    /"([^"]*)"?|'([^']*)'?|((?:\{\{[^{}]*\}\}|[^\s{}"'#!])(?:\{\{[^{}]*\}\}|[^\s{}"'])*)|([{}])|([#!])/g,
  )) {
    if (comment !== undefined) break;
    const quoted = double ?? single;
    found.push({ text: quoted ?? brace ?? bare!, quoted: quoted !== undefined });
  }
  return found;
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
      found.push(this.#statement(word.line));
    }
    return found;
  }

  #block(opened: number): Statement[] {
    const found = this.#statements();
    if (this.#at < this.#words.length) this.#at++;
    else this.strays.push({ line: opened, about: 'this {, or one below it, is not closed: add the }' });
    return found;
  }

  #statement(line: number): Statement {
    const texts: string[] = [];
    for (;;) {
      const word = this.#words[this.#at];
      if (word === undefined || isBrace(word, '}')) break;
      // The block of a statement may open on the line below.
      if (isBrace(word, '{')) {
        this.#at++;
        return { line, words: texts, block: this.#block(word.line) };
      }
      if (word.line !== line) break;
      texts.push(word.text);
      this.#at++;
    }
    return { line, words: texts, block: undefined };
  }
}

function isBrace(word: Word, brace: string): boolean {
  return !word.quoted && word.text === brace;
}
