/**
 * What an action as a whole does with its values: a value that is quoted right in one place may be read again in another.
 *
 * @module
 */
import { type Doubt, graver, harmless, none } from './place.js';

/** Text of a word in which a NUL stands for unknown text. */
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

/** Commands, and a file, that give out the environment. */
const SHOWS_ENVIRONMENT = /\b(env|printenv|set|export|declare|typeset|readonly|local|environ)\b/;
/** A command substitution that names a variable of the environment. */
const SUBSTITUTES_NAMED = /`[^`]*\bDEVD_|\$\([^)]*\bDEVD_/;
const UNFOLLOWED = 'in an action that runs text as commands, and cannot be followed';
const NOWHERE = /^(\/dev\/(null|tty|stdout|stderr|console)$)/;

/** Shared by the scanners of one action, those of the scripts in it too. */
export class Findings {
  /** Expansions that stand where words are read again. */
  readonly rereads: Reread[] = [];
  /** Expansions that stand where a dash begins an option. */
  readonly optional: Optional[] = [];
  /** The way through the action was lost: anything may follow. */
  lost = false;
  /** Something in the action reads text as commands. */
  active = false;
  /** One of the commands is `eval` or its kin. */
  evaluates = false;
  readonly #assigned = new Set<string>();
  readonly #written: Pattern[] = [];
  readonly #run: Pattern[] = [];
  #doubt: Doubt | undefined;

  /** Makes every value of the action doubtful. */
  doubt(reason: string): void {
    this.#doubt ??= harmless(reason);
  }

  /** A variable of the shell gets a value. */
  assign(name: string): void {
    this.#assigned.add(name);
  }

  /** A file that is written. */
  write(file: Pattern): void {
    if (!NOWHERE.test(file)) this.#written.push(file);
  }

  /** A file that is, or may be, run or read as commands. */
  run(file: Pattern): void {
    if (!NOWHERE.test(file)) this.#run.push(file);
  }

  /** Why any value of the action may be read as a command elsewhere in it. */
  overall(): Doubt | undefined {
    if (this.#doubt !== undefined) return this.#doubt;
    let reread: Doubt | undefined;
    for (const each of this.rereads) if (this.#canHoldValue(each.name)) reread = graver(reread, each);
    if (reread !== undefined) return { admits: reread.admits, reason: `beside ${reread.reason}` };
    if (this.#runsWhatItWrites) return harmless('in a command that writes a file and runs it');
    return this.lost && this.active ? harmless(UNFOLLOWED) : undefined;
  }

  /** Variables of the environment that are read as more than values, `DEVD_*` for all of them. @param text the whole action */
  environment(text: string): Reread[] {
    const found = this.rereads.filter(({ name }) => name.startsWith('DEVD_'));
    const overall = this.overall();
    if (overall !== undefined && SHOWS_ENVIRONMENT.test(text)) found.push({ name: 'DEVD_*', ...overall });
    const doubt = graver(this.#namedDoubt, this.#substituted(text));
    if (doubt === undefined) return found;
    const names = new Set(text.match(/\bDEVD_\w+/g));
    return [...found, ...[...names].map((name) => ({ name, ...doubt }))];
  }

  /**
   * Why no variable of the environment may be named anywhere. What the shell puts in for it goes the way of the values
   * beside it; into a pipe or a file as the first word of a line, perhaps, which names a command.
   */
  get #namedDoubt(): Doubt | undefined {
    if (this.#flows) return none(this.overall()!.reason);
    return this.lost && this.active ? harmless(UNFOLLOWED) : undefined;
  }

  /** The output of a command that names such a variable is read as more than a value. */
  #substituted(text: string): Doubt | undefined {
    const output = this.rereads.find(({ name }) => name === '');
    return output !== undefined && SUBSTITUTES_NAMED.test(text) ? none(`beside ${output.reason}`) : undefined;
  }

  /** What a command gives out is read as commands by another. */
  get #flows(): boolean {
    return this.#doubt !== undefined || this.#runsWhatItWrites;
  }

  get #runsWhatItWrites(): boolean {
    return this.#run.some((file) => this.#written.some((other) => canBeSame(file, other)));
  }

  /** A variable that comes from outside, such as PATH, holds no value of ours. */
  #canHoldValue(name: string): boolean {
    return !/^[A-Z][A-Z0-9_]*$/.test(name) || name.startsWith('DEVD_') || this.#assigned.has(name);
  }
}

/**
 * Whether two patterns can name one file, as far as their last parts tell. What is unknown can hold a slash, so only the
 * text behind it is surely part of the last one.
 */
function canBeSame(a: Pattern, b: Pattern): boolean {
  const [tail, other] = [/[^/\0]*$/.exec(a)![0], /[^/\0]*$/.exec(b)![0]];
  const [isWhole, isOtherWhole] = [!a.includes('\0'), !b.includes('\0')];
  if (isWhole || isOtherWhole) {
    const [whole, end] = isWhole ? [tail, other] : [other, tail];
    return isWhole && isOtherWhole ? whole === end : end !== '' && whole.endsWith(end);
  }
  return tail.endsWith(other) || other.endsWith(tail);
}
