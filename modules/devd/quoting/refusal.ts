import { type Findings, showsEnvironment } from './findings.js';
import { type Doubt, none } from './place.js';
import { Hole, namedIn, pattern, type Word } from './word.js';

/** Doubts every value in a word, what the shell puts in, and what another one would, were it to read the word again. */
export function refuse(findings: Findings, word: Word, doubt: Doubt): void {
  refuseCode(findings, word, doubt);
  const text = word.pieces.map((piece) => (typeof piece === 'string' ? piece : ' ')).join('');
  const names = namedIn(text);
  if (showsEnvironment(text) && /[`|>]|\$\(/.test(text)) names.push('DEVD_*');
  for (const name of names) findings.rereads.push({ name, ...none(doubt.reason) });
}

/** The same for a word that no shell reads again: a program in another language reads its environment in its own way. */
export function refuseCode(findings: Findings, { pieces }: Word, doubt: Doubt): void {
  for (const piece of pieces) {
    if (typeof piece === 'string') continue;
    if (piece instanceof Hole) piece.doubt(doubt);
    else for (const name of [piece.name, ...piece.names]) findings.rereads.push({ name, ...doubt });
  }
}

/** Refuses several words, any of which may name what is run. */
export function refuseAll(findings: Findings, words: readonly Word[], doubt: Doubt): void {
  for (const word of words) {
    refuse(findings, word, doubt);
    mayRun(findings, word);
  }
}

/** Between the names of files in a word, and in a program of another language. */
const NO_NAME = /[^\w.%+/\0-]+/;

/** The word may name a file that is run, or read as commands: all of it or a part, as in `--file=job`, `-fjob`, `EXEC:./job`. */
export function mayRun(findings: Findings, word: Word): void {
  const text = pattern(word);
  for (const name of [text.replace(/^-\w/, ''), ...text.split(NO_NAME)]) if (name !== '') findings.run(name);
}
