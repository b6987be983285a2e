/**
 * Words that some shells take for arithmetic, in which the name of a variable stands for what it holds, and an index of an
 * array can run a command.
 *
 * @module
 */
import { type Doubt, harmless, none, number } from './place.js';
import { literal, pattern, UNKNOWN, type Word } from './word.js';

type Refuse = (word: Word, doubt: Doubt) => void;

const COMPARISON = /^-(eq|ne|lt|le|gt|ge)$/;
const ARITHMETIC = 'a comparison of numbers, which is arithmetic in some shells';
const UNARY = /^-[bcdefghknprsuwxzGLOS]$/;
const BINARY = /^(=|==|!=|-nt|-ot|-ef)$/;
/** A format in which nothing is a number. */
const TEXT_FORMAT = /^([^%]|%(%|-?\d*(\.\d+)?[sbc]))*$/s;

/** test(1) and `[`. */
export function judgeComparison(words: readonly Word[], refuse: Refuse): void {
  const args = literal(words.at(-1)) === ']' ? words.slice(0, -1) : words;
  if (!isTextual(args.map(literal))) for (const word of args) refuse(word, number(ARITHMETIC));
  for (const word of args)
    if (word.pieces.some((piece) => typeof piece === 'object' && 'splits' in piece && piece.splits))
      refuse(word, harmless('a word that may be several, in a comparison'));
}

/** Whether it is certain that no word is taken for a number; an unknown one is undefined. */
function isTextual(args: readonly (string | undefined)[]): boolean {
  if (args.every((arg) => arg !== undefined)) return !args.some((arg) => COMPARISON.test(arg));
  const [first, second = ''] = args;
  switch (args.length) {
    case 1:
      return true;
    case 2:
      return first !== undefined && (first === '!' || UNARY.test(first));
    case 3:
      return BINARY.test(second) || (first === '!' && UNARY.test(second));
    case 4:
      return first === '!' && BINARY.test(args[2] ?? '');
    default:
      return false;
  }
}

/** printf(1), and ksh's print. */
export function judgeFormat(name: string, words: readonly Word[], refuse: Refuse): void {
  const [format, ...args] = words;
  if (format === undefined) return;
  const doubt = number('a number, which some shells take for arithmetic');
  if (name === 'print') {
    if (pattern(format).startsWith('-')) for (const word of words) refuse(word, none('an option of print'));
    return;
  }
  const text = literal(format);
  if (text?.startsWith('-') === true) for (const word of args) refuse(word, none('an option of printf'));
  else if (text === undefined ? args.length > 0 : !TEXT_FORMAT.test(text))
    for (const word of args) refuse(word, doubt);
  // With a value in it, the format is one that nobody has seen.
  if (text === undefined && args.some((word) => pattern(word).includes(UNKNOWN)))
    refuse(format, none('a format that is not known'));
}
