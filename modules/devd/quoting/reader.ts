/**
 * Reads the commands of an action, or of a script in it, if they are plain: simple commands, with the words and quotes that
 * every shell of Bourne's family reads alike, in pipelines, lists, `if`, `while`, `for`, `case`, groups and command
 * substitutions. Whatever else stands in the text ends the reading: then nothing is known of any place in it, and no value
 * of a record is let in. So a construct that nobody thought of is refused, and not taken for something else.
 *
 * @module
 */
import { Command, STEERS, steers } from './command.js';
import { Findings } from './findings.js';
import { NotPlain } from './not-plain.js';
import { Text } from './text.js';
import { Hole, literal, type Piece, pattern, type Word } from './word.js';
import { WordReader } from './word-reader.js';

/** Words of the shell's grammar, in some shells, where a command begins. */
const RESERVED: ReadonlySet<string> = new Set(
  'if then elif else fi while until for do done case esac { } ! [[ ]] function select coproc namespace in'.split(
    ' ',
  ),
);
/** What a script counts for: each one within another triples the quotes of a value. */
const SCRIPT_DEPTH = 10;
const REDIRECTION = /^(>>|>\||<>|<&|>&|<|>)(?![<>&(])/;

/** Where a text is read. */
export interface Where {
  /** It is a script for another shell, or one that is read a second time. */
  readonly isScript: boolean;
  /** It is, or is in, what backticks or `$(…)` enclose. */
  readonly isSubstituted: boolean;
  readonly inBackticks: boolean;
  /** Its commands read what another command has written. */
  readonly isFed: boolean;
}

/** Reads one text to its end. @throws NotPlain */
export class ShellReader {
  readonly #text: Text;
  readonly #findings: Findings;
  readonly #where: Where;
  readonly #words: WordReader;
  #isFed: boolean;

  constructor(pieces: readonly Piece[], findings: Findings, where: Where) {
    this.#text = new Text(pieces, { mayComment: !where.isScript && !where.isSubstituted });
    this.#findings = findings;
    this.#where = where;
    this.#isFed = where.isFed;
    this.#words = new WordReader(this.#text, where, {
      list: () => this.#substituted(),
      backticks: (inside) => this.#inBackticks(inside),
    });
  }

  read(): void {
    if (this.#list([]) !== '') throw new NotPlain('a word of the grammar out of its place');
  }

  /** Commands up to one of the words or marks that end them, which is taken. @returns it, or nothing at the end */
  #list(ends: readonly string[], { mayBeEmpty = ends.length === 0 } = {}): string {
    return this.#findings.within(() => this.#commands(ends, mayBeEmpty));
  }

  #commands(ends: readonly string[], mayBeEmpty: boolean): string {
    for (let count = 0; ; count++) {
      this.#text.skipLines();
      const end = this.#end(ends);
      if (end !== undefined) {
        if (count === 0 && !mayBeEmpty) throw new NotPlain('a list without a command');
        return end;
      }
      this.#andOr();
      this.#text.skipBlanks();
      if (this.#text.startsWith('&>')) throw new NotPlain('&>, which shells read differently');
      if (!this.#text.startsWith(';;') && !this.#text.takeAny(';', '&', '\n')) {
        if (!this.#text.isAtEnd && !this.#text.startsWith(')') && !this.#text.startsWith(';;'))
          throw new NotPlain('words behind the end of a group');
      }
    }
  }

  #end(ends: readonly string[]): string | undefined {
    if (this.#text.isAtEnd) {
      if (ends.length > 0) throw new NotPlain('a group or quotes that are left open');
      return '';
    }
    const mark = ends.find((end) => (end === ')' || end === ';;') && this.#text.startsWith(end));
    const end = mark ?? ends.find((word) => word === this.#text.keyword());
    if (end !== undefined) this.#text.skip(end.length);
    return end;
  }

  #andOr(): void {
    const wasFed = this.#isFed;
    this.#pipeline();
    for (this.#text.skipBlanks(); this.#text.takeAny('&&', '||') !== undefined; this.#text.skipBlanks()) {
      this.#text.skipLines();
      this.#pipeline();
    }
    this.#isFed = wasFed;
  }

  #pipeline(): void {
    const wasFed = this.#isFed;
    if (this.#text.keyword() === '!') {
      this.#text.skip(1);
      if (this.#text.startsWith('(')) throw new NotPlain('!(, which is a pattern to some shells');
      this.#text.skipBlanks();
    }
    this.#command();
    for (this.#text.skipBlanks(); this.#isPipe(); this.#text.skipBlanks()) {
      this.#text.skip(1);
      if (this.#text.startsWith('&')) throw new NotPlain('|&, which shells read differently');
      this.#text.skipLines();
      this.#isFed = true;
      this.#command();
    }
    this.#isFed = wasFed;
  }

  get #isSubstituted(): boolean {
    return this.#where.isSubstituted || this.#text.depth > 0;
  }

  #isPipe(): boolean {
    return this.#text.startsWith('|') && !this.#text.startsWith('||');
  }

  #command(): void {
    if (this.#text.startsWith('((')) throw new NotPlain('arithmetic');
    if (this.#text.takeAny('(') !== undefined) {
      this.#list([')']);
      return this.#redirections();
    }
    const keyword = this.#text.keyword();
    if (keyword === undefined || !RESERVED.has(keyword)) return this.#simple();
    this.#text.skip(keyword.length);
    this.#compound(keyword);
    this.#redirections();
  }

  #compound(keyword: string): void {
    switch (keyword) {
      case '{':
        this.#list(['}']);
        break;
      case 'if':
        this.#list(['then']);
        while (this.#branch() === 'elif') this.#list(['then']);
        break;
      case 'while':
      case 'until':
        this.#list(['do']);
        this.#list(['done']);
        break;
      case 'for':
        this.#for();
        break;
      case 'case':
        this.#case();
        break;
      default:
        throw new NotPlain(`${keyword}, which shells read differently here`);
    }
  }

  /** What follows `then`. @returns the word that ends it */
  #branch(): string {
    const end = this.#list(['elif', 'else', 'fi']);
    if (end === 'else') this.#list(['fi']);
    return end;
  }

  #for(): void {
    this.#text.skipBlanks();
    const name = literal(this.#words.word());
    if (name === undefined || !/^[A-Za-z_]\w*$/.test(name)) throw new NotPlain('a loop over no plain name');
    this.#findings.assign(name);
    this.#text.skipLines();
    if (this.#text.keyword() !== 'in') throw new NotPlain('a loop without words');
    this.#text.skip(2);
    for (this.#text.skipBlanks(); !this.#text.isDelimiter; this.#text.skipBlanks()) {
      if (literal(this.#words.word()) === undefined && steers(name)) throw new NotPlain(STEERS);
    }
    if (this.#text.takeAny(';', '\n') === undefined) throw new NotPlain('a loop without an end of its words');
    this.#text.skipLines();
    if (this.#text.keyword() !== 'do') throw new NotPlain('a loop without do');
    this.#text.skip(2);
    this.#list(['done']);
  }

  #case(): void {
    if (this.#isSubstituted) throw new NotPlain('a case in a command substitution');
    this.#text.skipBlanks();
    this.#words.word();
    this.#text.skipLines();
    if (this.#text.keyword() !== 'in') throw new NotPlain('a case without in');
    this.#text.skip(2);
    for (;;) {
      this.#text.skipLines();
      if (this.#end(['esac']) !== undefined) return;
      this.#text.takeAny('(');
      do {
        this.#text.skipBlanks();
        this.#words.word();
        this.#text.skipBlanks();
      } while (this.#text.takeAny('|') !== undefined);
      if (this.#text.takeAny(')') === undefined) throw new NotPlain('a pattern without an end');
      if (this.#list([';;', 'esac'], { mayBeEmpty: true }) === 'esac') return;
      if (this.#text.startsWith('&')) throw new NotPlain(';;&, which shells read differently');
    }
  }

  /** Those behind a group: what it reads may be read as commands within. */
  #redirections(): void {
    for (this.#text.skipBlanks(); this.#isRedirection(); this.#text.skipBlanks()) {
      const { isInput, file } = this.#redirection();
      if (file === undefined) continue;
      if (!isInput) this.#findings.write(pattern(file));
      else {
        this.#findings.readCommands(pattern(file));
        for (const piece of file.pieces)
          if (typeof piece === 'object') throw new NotPlain('the input of a group');
      }
    }
  }

  #simple(): void {
    const command = new Command(this.#findings, this.#isFed, {
      script: (pieces, isFed) => this.#script(pieces, isFed),
      isArgumentBehind,
    });
    let isEmpty = true;
    for (this.#text.skipBlanks(); ; this.#text.skipBlanks(), isEmpty = false) {
      if (this.#isRedirection()) {
        const { isInput, file } = this.#redirection();
        if (file !== undefined) command.redirect(isInput, file);
      } else if (this.#text.startsWith('(')) throw new NotPlain('a function or an array');
      else if (this.#text.isDelimiter) break;
      else command.add(this.#words.word());
    }
    if (isEmpty) throw new NotPlain('a command without a word');
    command.end();
  }

  #isRedirection(): boolean {
    return /^\d*[<>]/.test(this.#text.ahead());
  }

  /** @returns a file; undefined for a descriptor */
  #redirection(): { isInput: boolean; file: Word | undefined } {
    const digits = /^\d*/.exec(this.#text.ahead())![0];
    if (digits.length > 1) throw new NotPlain('a descriptor above 9, which is a word to some shells');
    this.#text.skip(digits.length);
    const [operator] = REDIRECTION.exec(this.#text.ahead()) ?? [];
    if (operator === undefined) throw new NotPlain(unusual(this.#text.ahead()));
    this.#text.skip(operator.length);
    this.#text.skipBlanks();
    const word = this.#words.word();
    const isInput = operator.startsWith('<');
    if (!operator.endsWith('&')) return { isInput, file: word };
    if (!/^(\d+|-)$/.test(literal(word) ?? '')) throw new NotPlain('a descriptor, which can be arithmetic');
    return { isInput, file: undefined };
  }

  /** Reads on within `$(…)`. */
  #substituted(): void {
    const wasFed = this.#isFed;
    this.#list([')']);
    this.#isFed = wasFed;
  }

  #inBackticks(inside: readonly Piece[]): void {
    const where = { ...this.#where, isSubstituted: true, inBackticks: true, isFed: this.#isFed };
    new ShellReader(inside, this.#findings, where).read();
  }

  /** Reads a script that a word of a command is. */
  #script(pieces: readonly Piece[], isFed: boolean): void {
    if (this.#isSubstituted) throw new NotPlain('a script in a command substitution');
    const script = new ShellReader(pieces, this.#findings, { ...this.#where, isScript: true, isFed });
    this.#findings.within(() => script.read(), SCRIPT_DEPTH);
  }
}

/** Whether a value behind this text would be an argument of a program, were it read by a shell. */
function isArgumentBehind(text: string): boolean {
  const findings = new Findings();
  const hole = new Hole();
  try {
    new ShellReader([...text.split(''), hole], findings, WITHIN_AN_OPTION).read();
  } catch (error) {
    if (error instanceof NotPlain) return false;
    throw error;
  }
  return hole.place(findings.overall()).doubt === undefined;
}

const WITHIN_AN_OPTION: Where = { isScript: true, isSubstituted: true, inBackticks: false, isFed: false };

function unusual(text: string): string {
  if (text.startsWith('<<<')) return 'a here string';
  if (text.startsWith('<<')) return 'a here document';
  return /^[<>]\(/.test(text) ? 'a process substitution' : 'a redirection that shells read differently';
}
