/**
 * Follows a shell command far enough to know in which quoting context each of its variables stands. It reads what
 * the author wrote, never a value; a value is always put in so that the context after it is the one before it.
 *
 * Certain are: plain words, '…', "…", `…` and comments, and a whole script given to another shell (`sh -c '…'`,
 * `su -c`, `eval`), which is followed by a scanner of its own. Where two shells read differently (`$'…'`, here
 * documents, arithmetic, `${x:-…}`), where the text is code in another language or goes to another host, the
 * context is unsure: only values of harmless characters are let in there.
 *
 * @module
 */
import { Command } from './command.js';
import { Findings } from './findings.js';
import { HereDocument } from './here-document.js';
import { Pipeline } from './pipeline.js';
import { type Context, type Doubt, graver, harmless, type Place } from './place.js';
import { isActive, type Program } from './programs.js';
import { UNKNOWN } from './words.js';

/** A place whose doubt later words may still raise. */
type OpenPlace = { -readonly [K in keyof Place]: Place[K] };

/** The command around the backticks that are open. */
interface Outer {
  readonly command: Command;
  readonly pipeline: Pipeline;
  readonly context: Context;
}

const TEST = 'a [[ expression, which can be arithmetic';
const REDIRECTION = /<<<|<<-?|<>|<&|>>|>\||>&|[<>]/y;
/** What stands in front of the word of an expansion: its name is the group. */
const EXPANSION = /\$\{(\w*)[:=?+#%/-]*/y;
const NAME = /[A-Za-z_]\w*|[0-9@*]/y;

/** Reads the commands of an action, or of a script in it. */
export class ShellScanner {
  readonly #findings: Findings;
  /** These are the commands of a script within a command. */
  readonly #isInner: boolean;
  readonly #frames: Context[] = [];
  #command: Command;
  #pipeline: Pipeline;
  #outer: Outer | undefined;
  #dangling: Place['dangling'] = '';
  #document: HereDocument | undefined;
  /** A command substitution was entered; where it ends is not followed. */
  #inSubstitution = false;
  /** Why the text is no longer followed; it stays so. */
  #lost = '';

  constructor(findings: Findings, { isInner = false, isFed = false } = {}) {
    this.#findings = findings;
    this.#isInner = isInner;
    this.#pipeline = new Pipeline(isFed);
    this.#command = this.#newCommand();
  }

  /** Reads on in what the author wrote. */
  feed(text: string): void {
    if (text !== '') this.#dangling = '';
    for (let at = 0; at < text.length; at++) {
      const from = at;
      at = this.#step(text, at);
      this.#readDocument(text.slice(from, at + 1));
    }
  }

  /** What follows is unknown: no place from here on admits any value. */
  lose(reason: string): void {
    this.#lost ||= reason;
    this.#findings.lost = true;
  }

  /** Where a value put in here stands; what is fed next comes after the value. Its doubt is final at the end. */
  place(): Place {
    const [context, command, dangling] = [this.#context, this.#command, this.#dangling];
    const inBackticks = this.#outer !== undefined;
    const lost = this.#lost === '' ? undefined : harmless(this.#lost);
    if (context === 'comment')
      return { context, inBackticks, dangling, atOption: false, leads: false, inner: undefined, doubt: lost };
    const { atOption } = command;
    const inner = command.scriptPlace();
    const found = command.doubt(context !== 'word');
    const leads = command.leads || (lost !== undefined && found?.admits === 'none');
    const known = graver(this.#whyUnsure(), found);
    // Also where the way is lost, a value that seems to be a command may be one; in a here document it is none.
    const isText = this.#document?.isText === true && !inBackticks && !this.#inSubstitution;
    const doubt = isText && lost !== undefined ? lost : graver(lost, known);
    this.#readDocument(UNKNOWN);
    const place: OpenPlace = { context, inBackticks, dangling, atOption, leads, inner, doubt };
    command.appendValue((late) => {
      place.doubt = graver(place.doubt, late);
    });
    this.#dangling = '';
    return place;
  }

  /** Text is put in that is unknown. */
  feedUnknown(reason: string): void {
    this.lose(reason);
    this.#command.appendUnknown();
  }

  /** The text has come to its end. */
  end(): void {
    if (this.#outer !== undefined || (this.#context !== 'word' && this.#context !== 'comment'))
      this.#findings.lost = true;
    this.#endCommand();
  }

  get #context(): Context {
    return this.#frames.at(-1) ?? 'word';
  }

  #whyUnsure(): Doubt | undefined {
    if (this.#context === 'double' && this.#outer !== undefined)
      return harmless('double quotes inside backticks');
    const isTaken = this.#outer !== undefined || this.#command.inScript;
    // At the top the dollar sign is escaped; it is not in the text of a script.
    if (this.#dangling !== '' && (isTaken || (this.#isInner && this.#dangling === '$')))
      return harmless('an escape right before it');
    return undefined;
  }

  #step(text: string, at: number): number {
    const char = text[at]!;
    const [context, command] = [this.#context, this.#command];
    if (context === 'comment' || context === 'single')
      this.#stepToEnd(char, context === 'comment' ? '\n' : "'");
    else if (char === '\\') return this.#backslash(text, at);
    else if (char === '$') return this.#dollar(text, at);
    else if (char === '`') this.#backtick();
    else if (context === 'double') this.#stepToEnd(char, '"');
    else if (this.#document?.isText === true && `'"#`.includes(char)) command.append(char);
    else if (char === "'" || char === '"') {
      command.openQuote();
      this.#frames.push(char === '"' ? 'double' : 'single');
    } else if (char === ' ' || char === '\t') command.endWord();
    else if (char === '#' && !command.inWord) this.#beginComment();
    else if (char === '<' || char === '>') return this.#redirection(text, at);
    else if ('\n;&|()'.includes(char)) return this.#operator(text, at);
    else {
      if (text.startsWith('[[', at) && !command.inWord) this.lose(TEST);
      command.append(char);
    }
    return at;
  }

  #readDocument(text: string): void {
    for (const char of text) if (this.#document?.feed(char) === false) this.#document = undefined;
  }

  #beginComment(): void {
    if (this.#outer !== undefined) this.lose('a comment inside backticks');
    this.#frames.push('comment');
  }

  #stepToEnd(char: string, end: string): void {
    if (this.#outer !== undefined && (char === '`' || char === '\\')) this.lose('quotes inside backticks');
    if (char === end) {
      this.#frames.pop();
      if (end === '\n') this.#separate();
    } else if (end !== '\n') this.#command.append(char);
  }

  #redirection(text: string, at: number): number {
    REDIRECTION.lastIndex = at;
    const [operator] = REDIRECTION.exec(text)!;
    if (operator === '<<<') this.lose('a here string');
    else if (operator.startsWith('<<')) {
      this.lose('a here document');
      this.#document ??= new HereDocument(text.slice(at + operator.length));
    } else if (text[at + operator.length] === '(') this.lose('a process substitution');
    else this.#command.redirect(operator);
    return at + operator.length - 1;
  }

  #operator(text: string, at: number): number {
    const char = text[at]!;
    const next = text[at + 1];
    if (char === '&' && next === '>') this.lose('&>, which shells read differently');
    if (char === '(') {
      if (next === '(') this.lose('arithmetic');
      else if (this.#command.inWord) this.lose('a function or an array');
      this.#endCommand();
      this.#pipeline.open();
    } else if (char === ')') {
      this.#endCommand();
      this.#pipeline.close();
    } else if (char === '|' && next !== '|') {
      this.#endCommand();
      this.#pipeline.pipe();
      return next === '&' ? at + 1 : at;
    } else {
      this.#separate();
      return (char === '&' || char === '|') && next === char ? at + 1 : at;
    }
    return at;
  }

  #backslash(text: string, at: number): number {
    const next = text[at + 1];
    if (this.#outer !== undefined) this.lose('a backslash inside backticks');
    if (next === undefined) {
      this.#dangling = '\\';
      return at;
    }
    if (this.#context === 'double' && !'$`"\\\n'.includes(next)) this.#command.append('\\');
    // Backticks within backticks: other commands begin.
    if (next === '`' && this.#outer !== undefined) this.#endCommand();
    else if (next !== '\n') this.#command.append(next);
    return at + 1;
  }

  #dollar(text: string, at: number): number {
    const next = text[at + 1];
    if (next === '(') return this.#opaque(text, at, '(', ')', 'a command substitution');
    if (next === '{') return this.#opaque(text, at, '{', '}', 'a parameter expansion');
    if ((next === "'" || next === '"') && this.#context === 'word')
      this.lose(`$${next}…${next}, which shells read differently`);
    if (next === undefined) this.#dangling = '$';
    NAME.lastIndex = at + 1;
    const [name] = NAME.exec(text) ?? [];
    if (name === undefined) this.#command.append('$');
    else this.#command.appendExpansion(name, this.#context === 'double');
    return at + (name?.length ?? 0);
  }

  /** Skips `$(…)` or `${…}`: with nothing quoted in it, it ends where its brackets balance; else it is not followed. */
  #opaque(text: string, at: number, open: string, close: string, name: string): number {
    let depth = 0;
    let end = at + 1;
    for (; end < text.length; end++) {
      if (text[end] === open) depth++;
      else if (text[end] === close && --depth === 0) break;
    }
    const inside = text.slice(at + 2, end);
    if (depth > 0 || /['"`\\#]|\bcase\b|<<|\$[({]/.test(inside)) this.lose(`${name} that is not plain`);
    if (depth > 0) return open === '(' ? this.#enterSubstitution(at) : this.#enterExpansion(text, at);
    if (open === '(') this.#look(inside);
    const variable = open === '{' ? (/^\w+/.exec(inside)?.[0] ?? '') : '';
    this.#command.appendExpansion(variable, this.#context === 'double');
    return end;
  }

  /** A value stands in it, or quotes do: its commands are read as those of the action, as far as that goes. */
  #enterSubstitution(at: number): number {
    this.#command.appendExpansion('', this.#context === 'double');
    this.#endCommand();
    this.#frames.push('word');
    this.#inSubstitution = true;
    return at + 1;
  }

  /** The same for a parameter expansion: what stands in it is part of the word. */
  #enterExpansion(text: string, at: number): number {
    EXPANSION.lastIndex = at;
    const [begin, name = ''] = EXPANSION.exec(text)!;
    this.#command.appendExpansion(name, this.#context === 'double');
    return at + begin.length - 1;
  }

  /** Reads a command substitution for what it does with values that come out of elsewhere. */
  #look(inside: string): void {
    const scanner = new ShellScanner(this.#findings, { isInner: true, isFed: this.#pipeline.isFed });
    scanner.feed(inside);
    scanner.end();
  }

  #backtick(): void {
    const [context, command] = [this.#context, this.#command];
    if (context === 'double') this.lose('backticks inside double quotes');
    if (this.#outer === undefined) {
      command.appendExpansion('', context === 'double');
      this.#outer = { command, pipeline: this.#pipeline, context };
      this.#pipeline = new Pipeline(this.#pipeline.isFed);
      this.#command = this.#newCommand();
    } else {
      this.#endCommand();
      ({ command: this.#command, pipeline: this.#pipeline } = this.#outer);
      this.#outer = undefined;
    }
  }

  /** Ends a command that another follows; where nothing has begun yet, lines may be empty. */
  #separate(): void {
    const wasEmpty = this.#command.isEmpty;
    this.#endCommand();
    if (!wasEmpty) this.#pipeline.separate();
  }

  #endCommand(): void {
    const program = this.#command.end();
    if (this.#pipeline.isFed && readsCommands(program)) {
      this.#findings.active = true;
      this.#findings.doubt('the input of another shell or interpreter');
    }
    for (const word of this.#command.keywords) this.#pipeline.keyword(word);
    this.#command = this.#newCommand();
  }

  #newCommand(): Command {
    return new Command(this.#findings, (findings) => new ShellScanner(findings, { isInner: true }));
  }
}

/** Whether a program takes what it reads for commands; one that runs another may run a shell. */
function readsCommands(program: Program | undefined): boolean {
  if (program === undefined || program.manner === 'expression' || program.manner === 'evaluator')
    return false;
  return isActive(program) || program.manner === 'wrapper' || program.manner === 'source';
}
