/**
 * Decides whether a value stays a value among the words of a command.
 *
 * @module
 */
import { type Doubt, harmless, none, reread } from './place.js';
import { COMMAND_OPTIONS, isActive, type Program, programOf } from './programs.js';
import { COMPARISON, isOption, operands, resolve, UNKNOWN } from './words.js';

/** The word that a value would be in, up to the value. */
export interface Word {
  readonly text: string;
  /** A part of it stands in quotes, or the value does. */
  readonly isQuoted: boolean;
  /** The value is an expansion without quotes: each blank in it begins another word. */
  readonly splits?: boolean;
}

export const ARITHMETIC = 'a comparison of numbers, which is arithmetic in some shells';
const VARIABLE_NAME = 'the name of a variable, which can be arithmetic';
const COMMAND_NAME = 'the name of a command that is run';
const SHELL_OPTION = 'an option of a shell';
const LANGUAGE = 'a program in another language';

/** A number, or a time: no name of a command. */
const NUMBER = /^[+-]?\d+(\.\d+)?[smhd]?$/;

/** Of an option a part where a command could begin. */
const BEGINS_COMMAND = /(^|[=,: ])\0*$|^-\w$/;
/** env(1) makes several words of what follows. */
const SPLITS = /^(-\w*S|--split)/;

/** The value would be the beginning of its word. */
export function startsWord({ text }: Word): boolean {
  return /^\0*$/.test(text);
}

/** Why a value may be more than a value in the word behind others. */
export function doubtAmong(words: readonly string[], word: Word): Doubt | undefined {
  const { program, args } = resolve(words);
  const last = args.at(-1) ?? '';
  const count = operands(args).length;
  if (COMMAND_OPTIONS.has(last)) return none(COMMAND_NAME);
  switch (program?.manner) {
    case 'text':
      return last === '-v' ? harmless(VARIABLE_NAME) : undefined;
    case 'plain':
    case 'evaluator': // a script of its own
      return undefined;
    case 'source':
      return count === 0 ? none('the file of commands that is read') : undefined;
    case 'number':
      return harmless('a number, which some shells take for arithmetic');
    case 'test':
      if (last === '-v') return harmless(VARIABLE_NAME);
      return args.some((other) => COMPARISON.test(other)) ? harmless(ARITHMETIC) : undefined;
    case 'rereader':
      return namesReread(word, last, count - program.operands)
        ? none(COMMAND_NAME)
        : reread('a command that reads its words a second time');
    case 'expression':
      return harmless('a command that takes its words for names or expressions');
    case 'language':
      return inLanguage(word, last, count);
    case 'shell':
      return forShell(word, program, args);
    case 'wrapper':
      if (SPLITS.test(last) || SPLITS.test(word.text)) return none(COMMAND_NAME);
      return wrapped(word, last, asCommand(word, program.operands, args));
    case 'runner':
      return atOption(word, last, BEGINS_COMMAND.test(word.text));
    default:
      return atOption(word, last);
  }
}

/** Whether a value names a command when the word is read again: in front, behind `-c`, or behind a separator. */
function namesReread(word: Word, last: string, before: number): boolean {
  if (/[;&|(\n]\s*$/.test(word.text)) return true;
  return startsWord(word) && (/^-\w*c$/.test(last) ? before >= 0 : before === 0 && !isOption(last));
}

/** Whether a value that begins with a dash would be read as an option that may run a command. */
export function canBeOption(words: readonly string[], word: Word): boolean {
  const [name = ''] = words;
  if (name === '' || !startsWord(word) || /^(for|case|select)$/.test(name)) return false;
  const { program, args } = resolve(words);
  if (program?.manner === 'text' || program?.manner === 'test') return false;
  const endsOptions = !isActive(program) && program?.manner !== 'wrapper' && !/(^|\/)find$/.test(name);
  return !(endsOptions && args.includes('--'));
}

/** What a command gives out before a value, as far as that is known; undefined where it gives out none. */
export function outputBefore(words: readonly string[], word: Word): string | undefined {
  const { program, args } = resolve(words);
  if (program?.manner !== 'text') return undefined;
  // What printf makes of it is in its format.
  return /^printf?$/.test(words[0] ?? '') ? '' : [...operands(args), word.text].join(' ');
}

/**
 * The scripts that a word may be the end of, if a shell reads it again: all of it, or what follows the name of an option or
 * a mark in it; and, where the words before it are read too, from each of those on.
 */
export function scriptsBefore(words: readonly string[], { text }: Word): readonly string[] {
  const { program, args } = resolve(words);
  const option = /^-\w(?=.)/.exec(text)?.[0].length ?? 0;
  const starts = [0, option, ...[...text.matchAll(/[=,:!@]/g)].map(({ index }) => index + 1)];
  const within = starts.map((at) => text.slice(at));
  const whole = program?.manner === 'rereader' ? args.map((_, i) => [...args.slice(i), text].join(' ')) : [];
  return [...within.filter((script) => script !== ''), ...whole];
}

function inLanguage(word: Word, last: string, count: number): Doubt | undefined {
  if (count === 0 && !word.isQuoted && startsWord(word) && !isOption(last)) return none(LANGUAGE);
  const isCode = word.isQuoted || count === 0 || isOption(last) || isOption(word.text);
  return isCode ? harmless(LANGUAGE) : undefined;
}

function forShell(word: Word, { operands: before }: Program, args: readonly string[]): Doubt | undefined {
  if (isOption(word.text)) return BEGINS_COMMAND.test(word.text) ? none(SHELL_OPTION) : reread(SHELL_OPTION);
  // Of a shell's letters only `o` takes a word; of its long options most take a file or a command.
  const last = args.at(-1) ?? '';
  if (startsWord(word) && isOption(last) && !/^-\w*o$/i.test(last))
    return none('the file of commands that is read');
  return asCommand(word, before, args);
}

/**
 * Whether a value can be the operand that names a command. An option may take the word behind it or not, so that
 * only a path, a program that is known, or more words than the options can take, settle that it was named before.
 */
function asCommand(word: Word, before: number, args: readonly string[]): Doubt | undefined {
  const all = operands(args);
  const named = all.filter((other) => !NUMBER.test(other));
  const least = Math.max(0, before - (all.length - named.length));
  if (named.slice(least).some((other) => /\/[^\0/]+$/.test(other) || programOf(other) !== undefined))
    return undefined;
  const options = args.filter(isOption).length;
  const candidates = named.slice(least, least + options + 1);
  if (named.length > least + options)
    return candidates.every((other) => other.includes(UNKNOWN)) ? none(COMMAND_NAME) : undefined;
  if (named.length < least && options === 0 && word.splits !== true) return undefined;
  if (named[least]?.includes(UNKNOWN) === true) return none(COMMAND_NAME);
  return named.length === least && startsWord(word) && !isOption(args.at(-1) ?? '')
    ? none(COMMAND_NAME)
    : reread('what may be the name of a command that is run');
}

/** What may be the name of a command behind a program that runs it: no value that begins its word is let in. */
function wrapped(word: Word, last: string, found: Doubt | undefined): Doubt | undefined {
  if (found === undefined) return atOption(word, last);
  return startsWord(word) && !isOption(last) ? none(COMMAND_NAME) : found;
}

function atOption(word: Word, last: string, isCommand = false): Doubt | undefined {
  if (!isOption(word.text) && !isOption(last)) return undefined;
  const reason = 'an option, which may be a command';
  return isCommand ? none(reason) : reread(reason);
}
