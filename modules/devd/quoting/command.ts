/**
 * A simple command, read word by word: what a value would be in it, and what the command does with expansions.
 *
 * @module
 */
import { Findings } from './findings.js';
import {
  ARITHMETIC,
  canBeOption,
  doubtAmong,
  outputBefore,
  scriptsBefore,
  startsWord,
  type Word,
} from './judgement.js';
import { type Doubt, gravest, harmless, none, type Place } from './place.js';
import { isActive, KEYWORDS, type Program } from './programs.js';
import { ASSIGNMENT, COMPARISON, resolve, runBy, UNKNOWN, writtenBy } from './words.js';

/** Follows the script in a word. */
export interface Follower {
  feed(text: string): void;
  place(): Place;
  /** Unknown text comes next: the rest of the script is not followed. */
  feedUnknown(reason: string): void;
  end(): void;
}

/** `name[` in front of a command: mksh reads on to the bracket that closes it, over blanks and quotes. */
const OPEN_SUBSCRIPT = /^[A-Za-z_]\w*\[[^\]]*$/;
/** Words of the grammar that no command follows. */
const GROUPS: ReadonlySet<string> = new Set(['for', 'select', 'case', '}', 'fi', 'done', 'esac']);
/** Commands whose operands are names of variables that get a value. */
const ASSIGNERS: ReadonlySet<string> = new Set(
  'read for select getopts mapfile readarray export local typeset declare readonly'.split(' '),
);

const SCRIPT = 'a script that variables are put into';

/** A command as far as it was read. */
export class Command {
  /** Words of the shell's grammar in front of the command: `if`, `{`, `done`. */
  readonly keywords: string[] = [];
  /** Without keywords, assignments and redirections. */
  readonly #words: string[] = [];
  readonly #findings: Findings;
  readonly #follow: (findings: Findings) => Follower;
  #word: string | undefined;
  #hasQuotes = false;
  #redirection = '';
  #script: Follower | undefined;
  /** Where in the word the shell last put in an expansion of its own; -1 for nowhere. */
  #expandedAt = -1;
  /** The name of the program comes out of an expansion: it may be any. */
  #isUnknown = false;
  /** Text of the script that was not yet fed: the follower needs more than one character at a time. */
  #pending = '';
  /** Called when a word that comes later makes the values so far doubtful. */
  readonly #condemn: ((doubt: Doubt) => void)[] = [];

  /** @param follow begins to follow a script */
  constructor(findings: Findings, follow: (findings: Findings) => Follower) {
    this.#findings = findings;
    this.#follow = follow;
  }

  get inWord(): boolean {
    return this.#word !== undefined;
  }

  get inScript(): boolean {
    return this.#script !== undefined;
  }

  /** Nothing was read yet. */
  get isEmpty(): boolean {
    const hasWords = this.#words.length > 0 || this.keywords.length > 0 || this.#word !== undefined;
    return !hasWords && this.#redirection === '';
  }

  /** What the command gives out would have a value here as the name of a command, were it read as commands. */
  get leads(): boolean {
    const before = outputBefore(this.#words, this.#current(false));
    return before !== undefined && this.#namesCommand(before);
  }

  /** A value here could be read as an option that runs a command. */
  get atOption(): boolean {
    return this.#redirection === '' && canBeOption(this.#words, this.#current(false));
  }

  /** A character of a word, quotes and escapes taken off. */
  append(char: string): void {
    this.#beginWord();
    this.#beginAttachedScript();
    this.#word += char;
    this.#pending += char;
  }

  openQuote(): void {
    this.#beginWord();
    this.#beginAttachedScript();
    this.#hasQuotes = true;
  }

  /** The shell expands something here whose result is unknown: a variable of its own, or the output of a command. */
  appendExpansion(name: string, inQuotes: boolean): void {
    this.#beginWord();
    this.#beginAttachedScript();
    const doubt = this.#whyReread(inQuotes);
    if (doubt !== undefined) this.#findings.rereads.push({ name, ...doubt });
    else if (this.atOption) this.#findings.optional.push({ name, splits: !inQuotes });
    this.#feedScript();
    this.#script?.feedUnknown('what a variable adds to a script');
    this.appendUnknown();
  }

  /** Adds to the word what is not known. */
  appendUnknown(): void {
    this.#beginWord();
    this.#expandedAt = this.#word!.length;
    this.#word += UNKNOWN;
  }

  /** Adds a value. @param condemn called when a later word makes it doubtful */
  appendValue(condemn: (doubt: Doubt) => void): void {
    this.#beginWord();
    this.#word += UNKNOWN;
    this.#condemn.push(condemn);
  }

  /** The place in the script where the next value goes, if the word is one. */
  scriptPlace(): Place | undefined {
    this.#beginWord();
    this.#feedScript();
    return this.#script?.place();
  }

  /** Why a value here may be more than a value. */
  doubt(inQuotes: boolean, splits = false): Doubt | undefined {
    const word = { ...this.#current(inQuotes), splits };
    const found = this.#firstDoubt(word);
    if (found?.isScript !== true) return found;
    const scripts = scriptsBefore(this.#words, word);
    return scripts.some((script) => this.#namesCommand(script)) ? none(found.reason) : found;
  }

  #firstDoubt(word: Word): Doubt | undefined {
    if (this.#redirection !== '')
      return this.#redirection.endsWith('&') ? harmless('a descriptor, which can be arithmetic') : undefined;
    if (/\w\[[^\]]*$/.test(word.text)) return harmless('an array subscript, which is arithmetic');
    const variable = ASSIGNMENT.exec(word.text)?.[1];
    const isAssignment = this.#words.length === 0 || resolve(this.#words).program?.manner === 'wrapper';
    if (variable !== undefined && isAssignment) return steering(variable);
    if (this.#isUnknown) return none('a program whose name is in a variable');
    if (this.#words.length > 0) return this.inScript ? undefined : doubtAmong(this.#words, word);
    return startsWord(word)
      ? none('the name of the command that is run')
      : harmless('part of the name of the command that is run');
  }

  /** `<`, `>>`, `>&` …: the next word is a file or a descriptor. */
  redirect(operator: string): void {
    if (this.#word !== undefined && /^\d+$/.test(this.#word)) this.#word = undefined;
    this.endWord();
    this.#redirection = operator;
  }

  endWord(): void {
    const word = this.#word;
    if (word === undefined) return;
    this.#word = undefined;
    if (this.#redirection !== '') this.#endRedirection(word);
    else if (!this.#isPrefix(word)) this.#push(word);
  }

  /** The command is complete. @returns what it runs */
  end(): Program | undefined {
    this.endWord();
    this.#endScript();
    const { program } = resolve(this.#words);
    for (const file of writtenBy(this.#words)) this.#findings.write(file);
    for (const file of runBy(this.#words)) this.#findings.run(file);
    if (isActive(program) || program?.manner === 'source') this.#findings.active = true;
    if (program?.manner === 'evaluator') this.#findings.evaluates = true;
    return program;
  }

  #current(inQuotes: boolean): Word {
    return { text: this.#word ?? '', isQuoted: inQuotes || (this.#word !== undefined && this.#hasQuotes) };
  }

  /** Why an expansion here is read as more than a value. */
  #whyReread(inQuotes: boolean): Doubt | undefined {
    if (this.inScript) return (admitsNone(this.scriptPlace()) ? none : harmless)(SCRIPT);
    if (this.#words.length > 0 || ASSIGNMENT.test(this.#word ?? '')) return this.doubt(inQuotes, !inQuotes);
    const isCommand = this.#redirection === '' && startsWord(this.#current(inQuotes));
    return isCommand ? none('a variable that is run as a command') : undefined;
  }

  /** Whether a value behind this text would be the name of a command, if a shell reads both. */
  #namesCommand(text: string): boolean {
    const reader = this.#follow(new Findings());
    reader.feed(text);
    return admitsNone(reader.place());
  }

  #beginWord(): void {
    if (this.#word !== undefined) return;
    this.#word = '';
    this.#hasQuotes = false;
    this.#expandedAt = -1;
    if (this.#redirection !== '') return;
    const evaluates = resolve(this.#words).program?.manner === 'evaluator';
    this.#pending = evaluates && this.inScript ? `${this.#pending} ` : '';
    if (!this.inScript && (evaluates || this.#followsScriptFlag()))
      this.#script = this.#follow(this.#findings);
  }

  /** `su -c'…'` and `su --command=…`. */
  #beginAttachedScript(): void {
    if (this.inScript || !/^(-\w*c|--command=)$/.test(this.#word!)) return;
    if (resolve(this.#words).program?.manner !== 'shell') return;
    this.#script = this.#follow(this.#findings);
    this.#pending = '';
  }

  /** `-c`, also among other flags, and further flags after it. */
  #followsScriptFlag(): boolean {
    const { program, args } = resolve(this.#words);
    if (program?.manner !== 'shell') return false;
    const flags = args.slice(args.findLastIndex((word) => !word.startsWith('-')) + 1);
    return flags.some((flag) => /^-\w*c\w*$/.test(flag) || flag === '--command');
  }

  #feedScript(): void {
    this.#script?.feed(this.#pending);
    this.#pending = '';
  }

  #endScript(): void {
    this.#feedScript();
    this.#script?.end();
    this.#script = undefined;
  }

  /** Keywords and assignments in front of the command. */
  #isPrefix(word: string): boolean {
    if (this.#words.length > 0) return false;
    if (OPEN_SUBSCRIPT.test(word)) this.#findings.doubt('beside a subscript that is left open');
    const variable = ASSIGNMENT.exec(word)?.[1];
    if (variable !== undefined) {
      this.#findings.assign(variable);
      return true;
    }
    if (this.#hasQuotes || !KEYWORDS.has(word)) return false;
    this.keywords.push(word);
    return true;
  }

  #push(word: string): void {
    this.#words.push(word);
    const [name = ''] = this.#words;
    if (this.#words.length === 1) this.#isUnknown = this.#expandedAt > word.lastIndexOf('/');
    if (this.#words.length === 1 && GROUPS.has(word)) this.keywords.push(word);
    if (name === 'function') this.#findings.lost = true;
    if (this.#words.length > 1 && ASSIGNERS.has(name)) this.#findings.assign(/^\w*/.exec(word)![0]);
    const manner = resolve(this.#words).program?.manner;
    if (manner !== 'evaluator') this.#endScript();
    if (manner !== 'test' || !COMPARISON.test(word)) return;
    for (const condemn of this.#condemn) condemn(harmless(ARITHMETIC));
  }

  #endRedirection(word: string): void {
    const isInput = this.#redirection.startsWith('<');
    const isDescriptor = this.#redirection.endsWith('&') && /^(\d+|-)$/.test(word);
    this.#redirection = '';
    if (isDescriptor) return;
    if (!isInput) this.#findings.write(word);
    const manner = resolve(this.#words).program?.manner;
    if (isInput && manner !== 'text' && manner !== 'plain') this.#findings.run(word);
  }
}

function admitsNone(place: Place | undefined): boolean {
  return gravest(place)?.admits === 'none';
}

/** A value of the shell's own variables is data; one in capitals may steer the shell, or what it runs. */
function steering(variable: string): Doubt | undefined {
  if (!/[A-Z]/.test(variable) || variable.startsWith('DEVD_')) return undefined;
  return harmless(
    `the variable ${variable}, which may steer a shell or a program: take one in small letters`,
  );
}
