import { type Findings, showsEnvironment } from './findings.js';
import { type Doubt, none } from './place.js';
import { Hole, namedIn, type Word } from './word.js';

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

/** Refuses several words. */
export function refuseAll(findings: Findings, words: readonly Word[], doubt: Doubt): void {
  for (const word of words) refuse(findings, word, doubt);
}
