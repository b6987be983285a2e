import type { Findings } from './findings.js';
import type { Doubt } from './place.js';
import { Hole, type Word } from './word.js';

/** Doubts every value in a word, and what the shell puts in. */
export function refuse(findings: Findings, { pieces }: Word, doubt: Doubt): void {
  for (const piece of pieces) {
    if (typeof piece === 'string') continue;
    if (piece instanceof Hole) piece.doubt(doubt);
    else for (const name of [piece.name, ...piece.names]) findings.rereads.push({ name, ...doubt });
  }
}

/** The same for several words. */
export function refuseAll(findings: Findings, words: readonly Word[], doubt: Doubt): void {
  for (const word of words) refuse(findings, word, doubt);
}
