/**
 * The words of a shell: which of them is a script, which a file of commands. What is not certain is given up.
 *
 * @module
 */
import { literal, type Piece, pattern, type Word } from './word.js';

/** What a shell is told to do. */
export type Invocation =
  /** @property script undefined where there is none; the words behind it are data */
  | { readonly script: readonly Piece[] | undefined }
  /** @property file the place of the file's word; the words behind it are data */
  | { readonly file: number };

/** Letters that take no word, and run nothing. */
const LETTERS = /^-[abefhilmnpuvxBCEHPT]*(c?)[abefhilmnpuvxBCEHPT]*$/;
const NAMES = /^--(norc|noprofile|posix|login)$/;
const LOGIN_LETTERS = /^-[lmpf]*$/;
const LOGIN_NAMES = /^--(login|preserve-environment)$/;

/** The words behind the name of a shell. @returns undefined where it is not certain what they mean */
export function readShell(words: readonly Word[]): Invocation | undefined {
  let hasScript = false;
  let at = 0;
  for (; at < words.length; at++) {
    const text = literal(words[at]);
    if (text === undefined) break;
    if (text === '--' || text === '-') {
      at++;
      break;
    }
    if (!/^[-+]/.test(text)) break;
    const letters = LETTERS.exec(text);
    if (letters === null && !NAMES.test(text)) return undefined;
    hasScript ||= letters?.[1] === 'c';
  }
  if (hasScript) {
    const script = words[at];
    // With an option that is not known before it is read, the script may be another word.
    return script !== undefined && /^[-+]/.test(pattern(script)) ? undefined : { script: script?.pieces };
  }
  return at < words.length ? { file: at } : { script: undefined };
}

/** The words behind `su` or `runuser`. @returns undefined where it is not certain what they mean */
export function readLogin(words: readonly Word[]): Invocation | undefined {
  const scripts: (readonly Piece[])[] = [];
  let users = 0;
  for (let at = 0; at < words.length; at++) {
    const text = pattern(words[at]!);
    const long = '--command=';
    if (text === '-c' || text === '--command') {
      const script = words[++at];
      if (script !== undefined) scripts.push(script.pieces);
    } else if (text.startsWith(long)) scripts.push(words[at]!.pieces.slice(long.length));
    else if (/^-c./s.test(text)) scripts.push(words[at]!.pieces.slice(2));
    else if (LOGIN_LETTERS.test(text) || LOGIN_NAMES.test(text) || text === '-') continue;
    else if (literal(words[at]) === undefined || text.startsWith('-') || ++users > 1) return undefined;
  }
  return scripts.length > 1 ? undefined : { script: scripts[0] };
}
