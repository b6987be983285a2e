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

/** Reads a file. It never throws: a brace that is missing or too many is passed over, as by keepalived. */
export function parseKeepalived(text: string): Statement[] {
  return new Parser(lex(text)).statements();
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
  readonly #words: readonly Word[];
  #at = 0;

  constructor(all: readonly Word[]) {
    this.#words = all;
  }

  /** Up to the brace that closes, or the end. */
  statements(): Statement[] {
    const found: Statement[] = [];
    for (let word = this.#words[this.#at]; word !== undefined; word = this.#words[this.#at]) {
      if (isBrace(word, '}')) {
        this.#at++;
        break;
      }
      found.push(this.#statement(word.line));
    }
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
        return { line, words: texts, block: this.statements() };
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
