/**
 * Words of programs that take their operands for data: which of them may be options, and what options may do.
 *
 * @module
 */
import type { Findings } from './findings.js';
import { type Doubt, harmless, none } from './place.js';
import { COMMAND_WORDS, isActive, programOf } from './programs.js';
import { mayRun, refuse, refuseAll } from './refusal.js';
import { type Expansion, Hole, isOption, literal, pattern, type Word } from './word.js';

const OPTION = 'an option, which may be a command';
const ADDRESS = 'an address, which may be a command';
/** Text without a blank or a mark of any shell: a value that goes on with it begins no word. */
const ONE_WORD = /^[\w./%+@:,=-]*$/;

/** Judges the words behind the name of a program. */
export class Operands {
  readonly #findings: Findings;
  readonly #isArgumentBehind: (text: string) => boolean;

  /** @param isArgumentBehind whether a harmless value behind this text would be an argument, were it read as commands */
  constructor(findings: Findings, isArgumentBehind: (text: string) => boolean) {
    this.#findings = findings;
    this.#isArgumentBehind = isArgumentBehind;
  }

  /** No option runs a command. */
  plain(words: readonly Word[]): void {
    if (!this.#namesCommand(words)) this.markOptions(beforeDashes(words));
  }

  /** A subject is data: what follows `-s`. */
  mail(words: readonly Word[]): void {
    words.forEach((word, i) => {
      if (literal(words[i - 1]) !== '-s') refuse(this.#findings, word, none(ADDRESS));
    });
  }

  /** Some options do. @param isFind nothing ends the options of find(1), and those that run something are known by name */
  runner(words: readonly Word[], isFind: boolean): void {
    this.#withOptions(words, isFind ? words : beforeDashes(words), () => none(OPTION), !isFind);
  }

  /** A program of which nothing is known: options may be commands. */
  unknown(words: readonly Word[]): void {
    if (words.some((word) => isActive(programOf(literal(word) ?? ''))))
      return refuseAll(this.#findings, words, none('beside the name of a program that runs commands'));
    const doubt = (word: Word): Doubt => (this.#staysArgument(word) ? harmless(OPTION) : none(OPTION));
    this.#withOptions(words, beforeDashes(words), doubt);
  }

  /** In the words a value that begins with a dash would be an option. */
  markOptions(words: readonly Word[]): void {
    for (const word of words) {
      const leading = leadingOf(word);
      for (const piece of word.pieces) {
        if (typeof piece === 'string') continue;
        if (!(piece instanceof Hole)) {
          if (piece.splits || leading.has(piece)) this.#markExpansion(piece);
        } else if (leading.has(piece)) piece.markOption();
      }
    }
  }

  #markExpansion({ name, names, holes, splits }: Expansion): void {
    for (const hole of holes) hole.markOption();
    for (const each of name === '' ? names : [name]) {
      if (each.startsWith('DEVD_')) this.#findings.optional.push({ name: each, splits });
      else if (this.#findings.canHoldValue(each))
        this.#findings.rereads.push({ name: each, ...harmless('a variable that may be an option') });
    }
  }

  /**
   * @param before the words that may be options
   * @param doubt what is doubted of one that is, or belongs to one
   * @param runs whether such a word may name what is run
   */
  #withOptions(
    words: readonly Word[],
    before: readonly Word[],
    doubt: (word: Word) => Doubt,
    runs = true,
  ): void {
    if (this.#namesCommand(words)) return;
    before.forEach((word, i) => {
      if (isOption(word) || takesNext(before[i - 1])) {
        refuse(this.#findings, word, doubt(word));
        if (runs && doubt(word).admits === 'none') mayRun(this.#findings, word);
      }
      const leading = leadingOf(word);
      for (const piece of word.pieces) {
        if (typeof piece === 'string' || piece instanceof Hole || !(piece.splits || leading.has(piece)))
          continue;
        for (const hole of piece.holes)
          hole.doubt(harmless('the output of a command, which may be an option'));
      }
    });
    this.markOptions(before);
  }

  #namesCommand(words: readonly Word[]): boolean {
    const isNamed = words.some((word) => COMMAND_WORDS.has(literal(word) ?? ''));
    if (isNamed) refuseAll(this.#findings, words, none('the name of a command that is run'));
    return isNamed;
  }

  /**
   * An option of a program that nobody knows may be read as commands, all of it or what stands behind a mark in it.
   * Whether a harmless value would name none, however much of the text before it is read as one; at the beginning, and
   * right behind a mark such as `=`, it is what the author has the program take.
   */
  #staysArgument({ pieces }: Word): boolean {
    return pieces.every((piece, i) => {
      if (!(piece instanceof Hole)) return true;
      const before = pieces.slice(0, i);
      if (!before.every((each) => typeof each === 'string')) return false;
      const text = before.join('');
      const starts = [0, ...[...text.matchAll(/[=,:!@]/g)].map(({ index }) => index + 1)];
      return starts
        .map((start) => text.slice(start))
        .every((script) => ONE_WORD.test(script) || this.#isArgumentBehind(script));
    });
  }
}

/** Whether a word is an option that may take the next one; `--long=value` has its own. */
export function takesNext(word: Word | undefined): boolean {
  return word !== undefined && isOption(word) && !/^--[^=\0]+=/.test(pattern(word));
}

/** What stands in front of the first character of a word that is known. */
function leadingOf({ pieces }: Word): ReadonlySet<unknown> {
  const known = pieces.findIndex((piece) => typeof piece === 'string');
  return new Set(known < 0 ? pieces : pieces.slice(0, known));
}

/** The words that may be options: those in front of `--`. */
export function beforeDashes(words: readonly Word[]): readonly Word[] {
  const at = words.findIndex((word) => literal(word) === '--');
  return at < 0 ? words : words.slice(0, at);
}
