/**
 * The grammar of devd.conf(5), by recursive descent:
 *
 *   file   := (options | event)*
 *   options := "options" "{" option+ "}" ";"
 *   option := "directory" STRING ";" | "pid-file" STRING ";" | "set" ID STRING ";"
 *   event  := ("attach" | "detach" | "nomatch" | "notify") NUMBER "{" sub* "}" ";"
 *   sub    := "match" STRING STRING ";" | other STRING ";"
 *
 * As in FreeBSD's parser, the first error ends the file, a line of options takes effect at its ";", and a rule at its own.
 *
 * @module
 */
import type {
  EventKind,
  OptionStatement,
  ParsedFile,
  Remark,
  Statement,
  SubKind,
  SubStatement,
} from './ast.js';
import { Lexer, type Token, type TokenType } from './lexer.js';

const EVENTS: ReadonlySet<string> = new Set<EventKind>(['attach', 'detach', 'nomatch', 'notify']);
const OPTIONS: ReadonlySet<string> = new Set<OptionStatement['option']>(['directory', 'pid-file', 'set']);
const SUBS: ReadonlySet<string> = new Set<SubKind>([
  'match',
  'device-name',
  'class',
  'subdevice',
  'media-type',
  'action',
]);

/** Parses a file. Never throws: an error is in the result. */
export function parseConfig(text: string, file = 'devd.conf'): ParsedFile {
  return new Parser(text, file).parse();
}

/** Ends the descent at the first token that does not fit. */
class Unexpected extends Error {
  constructor(
    readonly token: Token,
    readonly wanted: string,
  ) {
    super(wanted);
  }
}

class Parser {
  readonly #lexer: Lexer;
  readonly #statements: Statement[] = [];
  readonly #oddities: Remark[] = [];
  #token: Token;
  readonly #file: string;

  constructor(text: string, file: string) {
    this.#file = file;
    this.#lexer = new Lexer(text);
    this.#token = this.#lexer.next();
  }

  parse(): ParsedFile {
    const [file, statements] = [this.#file, this.#statements];
    let error: Remark | undefined;
    try {
      while (this.#token.type !== 'end') this.#statement();
    } catch (thrown) {
      if (!(thrown instanceof Unexpected)) throw thrown;
      error = this.#describe(thrown);
    }
    const oddities = [...this.#oddities, ...this.#lexer.oddities()];
    oddities.sort((a, b) => a.line - b.line || a.column - b.column);
    return error === undefined ? { file, statements, oddities } : { file, statements, oddities, error };
  }

  #statement(): void {
    const start = this.#token;
    if (this.#acceptKeyword('options')) this.#options();
    else if (this.#isKeyword(EVENTS)) this.#event(this.#advance().text as EventKind, start);
    else throw new Unexpected(start, '"options", "attach", "detach", "nomatch" or "notify"');
  }

  #options(): void {
    this.#expect('{', '"{" after "options"');
    do this.#option();
    while (this.#token.type !== '}');
    this.#advance();
    this.#expect(';', '";" after the "}" of the options');
  }

  #option(): void {
    const start = this.#token;
    if (!this.#isKeyword(OPTIONS)) throw new Unexpected(start, '"directory", "pid-file", "set" or "}"');
    const option = this.#advance().text as OptionStatement['option'];
    const isSet = option === 'set';
    const name = isSet
      ? this.#expect('id', 'the name of a variable after "set"')
      : this.#expect('string', `a string after "${option}"`);
    const value = isSet ? this.#expect('string', 'a string as the value of the variable') : '';
    this.#expect(';', `";" after the ${isSet ? 'value' : 'string'}`);
    this.#statements.push({ kind: 'option', option, name, value, at: this.#lexer.position(start.offset) });
  }

  #event(kind: EventKind, start: Token): void {
    const at = this.#lexer.position(start.offset);
    const written = this.#expect('number', `a priority, 0 or more, after "${kind}"`);
    const priority = atoi(written);
    if (String(priority) !== written.replace(/^0+(?=.)/, '')) {
      this.#oddities.push({ ...at, message: `the priority ${written} does not fit and becomes ${priority}` });
    }
    this.#expect('{', '"{" after the priority');
    const subs: SubStatement[] = [];
    while (this.#token.type !== '}') subs.push(this.#sub());
    this.#advance();
    this.#expect(';', `";" after the "}" of the rule`);
    if (subs.length > 0) this.#statements.push({ kind, priority, subs, at });
    else this.#oddities.push({ ...at, message: 'a rule without a line in it is discarded' });
  }

  #sub(): SubStatement {
    const start = this.#token;
    if (!this.#isKeyword(SUBS))
      throw new Unexpected(start, '"match", "action" or another line of a rule, or "}"');
    const kind = this.#advance().text as SubKind;
    const isMatch = kind === 'match';
    const first = this.#expect(
      'string',
      isMatch ? 'the name of a variable as a string after "match"' : `a string after "${kind}"`,
    );
    const second = isMatch ? this.#expect('string', 'the expression to match, as a string') : '';
    this.#expect(';', '";" after the string');
    return { kind, first, second, at: this.#lexer.position(start.offset) };
  }

  #isKeyword(among: ReadonlySet<string>): boolean {
    return this.#token.type === 'keyword' && among.has(this.#token.text);
  }

  #acceptKeyword(word: string): boolean {
    const accepted = this.#token.type === 'keyword' && this.#token.text === word;
    if (accepted) this.#advance();
    return accepted;
  }

  #expect(type: TokenType, wanted: string): string {
    if (this.#token.type !== type) throw new Unexpected(this.#token, wanted);
    return this.#advance().text;
  }

  #advance(): Token {
    const token = this.#token;
    this.#token = this.#lexer.next();
    return token;
  }

  #describe({ token, wanted }: Unexpected): Remark {
    const found = token.type === 'end' ? 'the end of the file' : describeToken(token);
    const cause = this.#lexer.misreading();
    const hint = cause === undefined ? '' : `; but before, in line ${cause.line}: ${cause.message}`;
    return { ...this.#lexer.position(token.offset), message: `expected ${wanted}, found ${found}${hint}` };
  }
}

function describeToken({ type, text }: Token): string {
  const shown = JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);
  if (type === 'string') return `the string ${shown}`;
  if (type === 'keyword') return `the keyword ${shown}`;
  return shown;
}

/** The value of atoi(3) where long has 64 bits and int has 32. */
function atoi(digits: string): number {
  const long = BigInt(digits);
  const most = 2n ** 63n - 1n;
  return Number(BigInt.asIntN(32, long > most ? most : long));
}
