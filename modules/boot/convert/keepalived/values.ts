import type { Statement } from './parser.js';
import { isNetwork, withLength } from './routes.js';

/** Takes a line about something that has no counterpart, or that keepalived would refuse. */
export type Remark = (line: number, text: string) => void;

/** An address of a block, with its prefix length, and where keepalived puts it if it says so. */
export interface BlockAddress {
  readonly line: number;
  /** As it stands there. */
  readonly word: string;
  readonly address: string;
  readonly device: string | undefined;
}

/** The number that a statement says; undefined, after a remark, for one that says none: keepalived ignores that too. */
export function numberOf({ words, line }: Statement, remark: Remark): number | undefined {
  const [kind, word = ''] = words;
  const value = Number(word);
  if (word !== '' && Number.isFinite(value)) return value;
  remark(line, `${kind}: ${word === '' ? 'it says no number' : `${word} is no number`}`);
  return undefined;
}

/** The addresses of a block. What is none is left out with a remark, as keepalived does. */
export function addressesOf({ block = [] }: Statement, remark: Remark): BlockAddress[] {
  return block.flatMap(({ words, line }) => {
    const [word = ''] = words;
    const known = word !== 'default' && isNetwork(word);
    if (known) return { line, word, address: withLength(word), device: wordAfter(words, 'dev') };
    remark(line, `${word === '' ? 'braces without a word' : word}: no address, left out`);
    return [];
  });
}

/** What a file made of a template still lacks. */
export function interfaceOf({ words, line }: Statement, remark: Remark): string | undefined {
  const [kind, name = ''] = words;
  if (/^[^\s/$<{]{1,15}$/.test(name)) return name;
  remark(line, `${kind}: ${name === '' ? 'it names none' : `${name} is no name of an interface`}`);
  return undefined;
}

/** Whether a switch is off; without a word it is on. */
export function isOff({ words: [, word = ''] }: Statement): boolean {
  return ['off', 'no', 'false'].includes(word);
}

/** The word that follows another one. */
export function wordAfter(words: readonly string[], word: string): string | undefined {
  return words.includes(word) ? words[words.indexOf(word) + 1] : undefined;
}
