/**
 * A second reading of devd.conf, from FreeBSD's token.l and parse.y: the tokens as one regular expression, the grammar as
 * another one over a letter for each token. Short, and slow on large files; nothing of it is shared with the parser.
 */
import type { DumpedStatement } from '../../modules/devd/language/printer.js';

const BLANK = String.raw`[ \t\n]+|#[^\n]*\n|//[^\n]*\n|/\*[^]*?\*/`;
/** What is no token is dropped, as flex drops it. */
const TOKEN = new RegExp(`(?:${BLANK})|(?<token>"[^"]+"|[0-9]+|[A-Za-z][A-Za-z0-9_-]*|[;{}])|[^]`, 'g');

/** A letter for each kind of token. */
const LETTERS: Readonly<Record<string, string>> = {
  options: 'o',
  directory: 'd',
  'pid-file': 'd',
  set: 's',
  attach: 'e',
  detach: 'e',
  nomatch: 'e',
  notify: 'e',
  match: 'm',
  'device-name': 'c',
  class: 'c',
  subdevice: 'c',
  'media-type': 'c',
  action: 'c',
};
const OPTION = '(?:dq;|siq;)';
const SUB = '(?:mqq;|cq;)';
const STATEMENT = new RegExp(`o\\{${OPTION}+\\};|en\\{${SUB}*\\};`, 'y');

/** What devd makes of a text. */
export interface Reading {
  readonly isAccepted: boolean;
  /** The statements up to the first one that is not right. */
  readonly statements: readonly DumpedStatement[];
}

/** Reads a text by the grammar. */
export function readByGrammar(text: string): Reading {
  const tokens = [...text.matchAll(TOKEN)].flatMap(({ groups }) => groups!['token'] ?? []);
  const letters = tokens.map(letter).join('');
  const statements: DumpedStatement[] = [];
  let at = 0;
  for (STATEMENT.lastIndex = 0; STATEMENT.test(letters); at = STATEMENT.lastIndex)
    statements.push(...read(tokens.slice(at, STATEMENT.lastIndex)));
  return { isAccepted: at === letters.length, statements };
}

function letter(token: string): string {
  if (/^[;{}]/.test(token)) return token;
  if (token.startsWith('"')) return 'q';
  if (/^\d/.test(token)) return 'n';
  return Object.hasOwn(LETTERS, token) ? LETTERS[token]! : 'i';
}

function read(tokens: readonly string[]): DumpedStatement[] {
  const [kind = '', priority = ''] = tokens;
  const begin = tokens.indexOf('{') + 1;
  const lines = split(tokens.slice(begin, -2));
  if (kind === 'options')
    return lines.map(([option = '', a = '', b]) => ({
      option,
      a: option === 'set' ? a : unquote(a),
      b: b === undefined ? '' : unquote(b),
    }));
  const subs = lines.map(([name = '', a = '', b]): [string, string, string] => {
    if (name === 'match') return ['match', unquote(a), unquote(b!)];
    const isMatch = name === 'device-name' || name === 'class' || name === 'subdevice';
    return isMatch ? ['match', name, unquote(a)] : [name, unquote(a), ''];
  });
  // A rule without a line is accepted, and is none.
  return subs.length === 0 ? [] : [{ stmt: kind, priority: atoi(priority), subs }];
}

/** Lines, each up to its semicolon. */
function split(tokens: readonly string[]): string[][] {
  const lines: string[][] = [];
  let line: string[] = [];
  for (const token of tokens) {
    if (token === ';') {
      lines.push(line);
      line = [];
    } else line.push(token);
  }
  return lines;
}

/**
 * A backslash and a newline go with all white space behind them, and the character after that is copied unseen: be it
 * the quotation mark that ends the string.
 */
function unquote(token: string): string {
  let isEndCopied = false;
  const source = token.slice(1);
  const value = source.replace(/\\\n[ \t\n\v\f\r]*([^])/g, (all, next: string, at: number) => {
    isEndCopied ||= at + all.length === source.length;
    return next;
  });
  return isEndCopied ? value : value.slice(0, -1);
}

/** atoi(3): strtol(3), which stops at the largest number of 64 bits, cut down to 32. */
function atoi(digits: string): number {
  const most = 2n ** 63n - 1n;
  const value = BigInt(digits);
  return Number(BigInt.asIntN(32, value > most ? most : value));
}
