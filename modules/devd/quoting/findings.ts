/**
 * What an action as a whole does with its values: a value that is quoted right in one place may be read again in another.
 *
 * @module
 */
import { NotPlain } from './not-plain.js';
import { type Doubt, graver, none } from './place.js';
import { isActive, programOf } from './programs.js';
import { UNKNOWN } from './word.js';

/** Text of a word in which a mark stands for what is not known. */
export type Pattern = string;

/** A variable of the environment, or of the shell, whose value is read as more than a value. */
export interface Reread extends Doubt {
  /** The variable; empty if unknown, such as for the output of a command. */
  readonly name: string;
}

/** A variable of the environment that stands where its value can be an option. */
export interface Optional {
  readonly name: string;
  /** Not in quotes: each blank of the value begins a word. */
  readonly splits: boolean;
}

/** A file that is named, and the command whose operand it is, if it is one. */
interface NamedFile {
  readonly name: Pattern;
  readonly command: number | undefined;
}

/** Deeper than any action that was written by hand; a text must not exhaust the stack. */
const MAX_DEPTH = 50;
/** Commands, and a file, that give out the environment. */
const SHOWS_ENVIRONMENT =
  /(?<![\w/])(env|printenv|set|export|declare|typeset|readonly|local)(?![\w/])|\benviron\b/;
/** Capitals, of a variable that comes from outside, or a special parameter such as `$?`. */
const FROM_OUTSIDE = /^([A-Z][A-Z0-9_]*|[?#$!-])$/;
const NOWHERE = /^(\/dev\/(null|tty|stdout|stderr|console)$)/;

/** Shared by the readers of one action, those of the scripts in it too. */
export class Findings {
  /** Expansions that stand where words are read again. */
  readonly rereads: Reread[] = [];
  /** Expansions that stand where a dash begins an option. */
  readonly optional: Optional[] = [];
  readonly #assigned = new Set<string>();
  readonly #written: NamedFile[] = [];
  readonly #run: NamedFile[] = [];
  readonly #read: Pattern[] = [];
  #doubt: Doubt | undefined;
  #isLost = false;
  #depth = 0;
  #command: number | undefined;
  #commands = 0;

  /** Reads what stands within something else. @param weight how deep it counts @throws NotPlain */
  within<T>(read: () => T, weight = 1): T {
    this.#depth += weight;
    if (this.#depth > MAX_DEPTH) throw new NotPlain('commands within commands, deeper than is followed');
    const result = read();
    this.#depth -= weight;
    return result;
  }

  /** Reads the words of one command. */
  command<T>(read: () => T): T {
    const outer = this.#command;
    this.#command = ++this.#commands;
    const result = read();
    this.#command = outer;
    return result;
  }

  /** Makes every value of the action doubtful. */
  doubt(reason: string): void {
    this.#doubt ??= none(reason);
  }

  /** The action is not one that can be followed: nothing is known of what stands anywhere in it. */
  lose(reason: string): void {
    this.#isLost = true;
    this.#doubt = none(reason);
  }

  /** A variable of the shell gets a value. */
  assign(name: string): void {
    this.#assigned.add(name);
  }

  /** A file that is written, by whatever command. */
  write(file: Pattern): void {
    if (!NOWHERE.test(file)) this.#written.push({ name: file, command: undefined });
  }

  /** A file that the command is told to write: it does not run it, too. */
  writeOperand(file: Pattern): void {
    if (!NOWHERE.test(file)) this.#written.push({ name: file, command: this.#command });
  }

  /** A file that is run because a command is named so, or that the command may run. */
  run(file: Pattern): void {
    this.#run.push({ name: file, command: this.#command });
  }

  /** A file whose commands are read. */
  readCommands(file: Pattern): void {
    if (!NOWHERE.test(file)) this.#read.push(file);
  }

  /** Why any value of the action may be more than a value elsewhere in it. */
  overall(): Doubt | undefined {
    let doubt = this.#doubt;
    if (this.#runsWhatItWrites) doubt ??= none('in a command that writes a file and may run it');
    for (const each of this.rereads) {
      if (this.canHoldValue(each.name))
        doubt = graver(doubt, { admits: each.admits, reason: `beside ${each.reason}` });
    }
    return doubt;
  }

  /** Variables of the environment that are read as more than values, `DEVD_*` for all of them. @param text the whole action */
  environment(text: string): Reread[] {
    const found = this.rereads.filter(({ name }) => name.startsWith('DEVD_'));
    const overall = this.overall();
    if (overall === undefined) return found;
    const names = [...new Set(text.match(/\bDEVD_\w+/g))];
    const isShown = showsEnvironment(text) && (!this.#isLost || namesActive(text));
    if (isShown) names.push('DEVD_*');
    return [...found, ...names.map((name) => ({ name, ...overall }))];
  }

  /** Whether a variable may hold a value of the record: one that comes from outside, such as PATH, holds none. */
  canHoldValue(name: string): boolean {
    return name === '' || !FROM_OUTSIDE.test(name) || name.startsWith('DEVD_') || this.#assigned.has(name);
  }

  get #runsWhatItWrites(): boolean {
    return this.#written.some(
      ({ name, command }) =>
        this.#run.some(
          (other) =>
            (command === undefined || command !== other.command) &&
            (canBeSame(name, other.name) || (isOpen(name) && other.name.includes('/'))),
        ) || this.#read.some((other) => canBeSame(name, other) || isOpen(name) || isOpen(other)),
    );
  }
}

/** Whether a command in a text may give out the whole environment. */
export function showsEnvironment(text: string): boolean {
  return SHOWS_ENVIRONMENT.test(text);
}

/** Nothing is known of a file's last part. */
function isOpen(file: Pattern): boolean {
  return file.endsWith(UNKNOWN);
}

function namesActive(text: string): boolean {
  return text.split(/[^\w./-]+/).some((word) => isActive(programOf(word)) || /^(\.|source)$/.test(word));
}

/**
 * Whether two patterns can name one file, as far as their last parts tell. What is unknown can hold a slash, so only the
 * text behind it is surely part of the last one.
 */
function canBeSame(a: Pattern, b: Pattern): boolean {
  const [tail, other] = [/[^/\0]*$/.exec(a)![0], /[^/\0]*$/.exec(b)![0]];
  const [isWhole, isOtherWhole] = [!a.includes(UNKNOWN), !b.includes(UNKNOWN)];
  if (isWhole || isOtherWhole) {
    const [whole, end] = isWhole ? [tail, other] : [other, tail];
    return isWhole && isOtherWhole ? whole === end : end !== '' && whole.endsWith(end);
  }
  return tail.endsWith(other) || other.endsWith(tail);
}
