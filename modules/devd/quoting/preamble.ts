/**
 * Finds the program that another one runs: proves it, by the other's own options and operands, or gives up.
 *
 * @module
 */
import { type Preamble, preambleOf } from './programs.js';
import { assigned, literal, type Word } from './word.js';

/** Behind them stand assignments like those in front of a command. */
const TAKES_ASSIGNMENTS: ReadonlySet<string> = new Set(['env', 'sudo', 'time']);
/** A number that nice(1) takes for an option: `-5`. */
const OLD_PRIORITY = /^-\d+$/;

/**
 * The place among the words of the program that the wrapper in front of them runs: the number of words if it runs none;
 * undefined where that is not certain. @param words those behind the wrapper's name
 */
export function placeOfProgram(wrapper: string, words: readonly Word[]): number | undefined {
  const preamble = preambleOf(wrapper);
  let at = behindOptions(preamble, words, wrapper === 'nice');
  if (at === undefined) return undefined;
  for (let i = 0; i < preamble.operands; i++, at++) if (literal(words[at]) === undefined) return undefined;
  if (TAKES_ASSIGNMENTS.has(wrapper)) while (isAssignment(words[at])) at++;
  return at;
}

function isAssignment(word: Word | undefined): boolean {
  return word !== undefined && assigned(word) !== undefined;
}

function behindOptions(preamble: Preamble, words: readonly Word[], isNice: boolean): number | undefined {
  for (let at = 0; ; at++) {
    const word = words[at];
    if (word === undefined) return at;
    const text = literal(word);
    if (text === undefined) return canBeOption(word) ? undefined : at;
    if (text === '--') return at + 1;
    if (!/^-./.test(text)) return text === '-' ? undefined : at;
    if (isNice && OLD_PRIORITY.test(text)) continue;
    const taken = text.startsWith('--') ? wordsOfLong(preamble, text.slice(2)) : wordsOfShort(preamble, text);
    if (taken === undefined) return undefined;
    // What an option takes must be there, and one word.
    if (taken === 1 && literal(words[++at]) === undefined) return undefined;
  }
}

/** Whether a word of which not everything is known may turn out to be an option. */
function canBeOption({ pieces: [first] }: Word): boolean {
  return typeof first !== 'string' || first === '-';
}

/** How many further words a long option takes; undefined for one that is not known. */
function wordsOfLong({ names }: Preamble, option: string): 0 | 1 | undefined {
  const [name = '', ...value] = option.split('=');
  if (value.length > 0) return names.has(`${name}=`) ? 0 : undefined;
  if (names.has(`${name}=`)) return 1;
  return names.has(name) ? 0 : undefined;
}

/** The same for letters behind one dash. */
function wordsOfShort({ letters }: Preamble, option: string): 0 | 1 | undefined {
  for (let i = 1; i < option.length; i++) {
    const known = letters.indexOf(option[i]!);
    if (known < 0 || option[i] === ':') return undefined;
    if (letters[known + 1] === ':') return i === option.length - 1 ? 1 : 0;
  }
  return 0;
}
