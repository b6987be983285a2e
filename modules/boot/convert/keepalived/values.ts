import { isIP } from 'node:net';
import type { Statement } from './parser.js';
import { isNetwork, withLength } from './routes.js';

/** Takes a line about something that has no counterpart, or that keepalived would refuse. */
export type Remark = (line: number, text: string) => void;

/** An address of a block, with its prefix length, and where keepalived puts it if it says so. */
export interface BlockAddress {
  readonly line: number;
  /** As it stands there. */
  readonly word: string;
  /** Without its prefix length. */
  readonly host: string;
  readonly address: string;
  readonly device: string | undefined;
}

/** Which numbers a statement may say. */
export interface NumberRange {
  readonly min: number;
  readonly max: number;
  /** Whether it may have a fraction. */
  readonly fraction?: boolean;
  /** What to do about another one. */
  readonly remedy?: string;
}

/** The number that a statement says; undefined, after a remark, for one that says none: keepalived ignores that too. */
export function numberOf(
  { words, line }: Statement,
  remark: Remark,
  { min, max, fraction = false, remedy }: NumberRange = ANY_NUMBER,
): number | undefined {
  const [kind, word = ''] = words;
  const value = Number(word);
  const isNumber = DECIMAL.test(word);
  if (isNumber && value >= min && value <= max && (fraction || WHOLE.test(word))) return value;
  const upTo = Number.isFinite(max) ? `to ${max}` : fraction ? 'or more' : 'on';
  const range = `is not ${fraction ? '' : 'a whole number from '}${min} ${upTo}`;
  const wrong = word === '' ? 'it says no number' : `${word} ${isNumber ? range : 'is no number'}`;
  remark(line, `${kind}: ${wrong}${remedy === undefined ? '' : `: ${remedy}`}`);
  return undefined;
}

/** What keepalived reads: neither `0x33` nor `1e2`. */
const WHOLE = /^[+-]?\d+$/;
const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)$/;

const ANY_NUMBER: NumberRange = {
  min: Number.NEGATIVE_INFINITY,
  max: Number.POSITIVE_INFINITY,
  fraction: true,
};

/** keepalived's of an instance that names none, or a wrong one. */
export const DEFAULT_PRIORITY = 100;

const PRIORITY: NumberRange = {
  min: 1,
  max: 255,
  remedy: `keepalived takes ${DEFAULT_PRIORITY} then, and so is it here; write the one that this host is to have`,
};

/** The priority that keepalived takes: a wrong one is not as good as none, which `state MASTER` makes an owner's. */
export function priorityOf(statement: Statement, remark: Remark): number {
  return numberOf(statement, remark, PRIORITY) ?? DEFAULT_PRIORITY;
}

/** Of advertisements, in seconds. */
export const INTERVAL: NumberRange = {
  min: 0.01,
  max: 255,
  fraction: true,
  remedy: 'keepalived takes 1 s then, and so is it here; write that of the other hosts',
};

export const TTL: NumberRange = { min: 0, max: 255, remedy: 'keepalived ignores it' };
export const VERSION: NumberRange = { min: 2, max: 3, remedy: 'keepalived ignores it' };

/** Of delays and intervals, in seconds. */
export const PREEMPT_DELAY: NumberRange = {
  min: 0,
  max: 1000,
  fraction: true,
  remedy: 'keepalived ignores it',
};
export const STARTUP_DELAY: NumberRange = { ...PREEMPT_DELAY, max: Number.POSITIVE_INFINITY };
export const REFRESH: NumberRange = {
  min: 0,
  max: Number.POSITIVE_INFINITY,
  remedy: 'keepalived ignores it',
};
export const DOWN_ADVERTS: NumberRange = { min: 1, max: 100, remedy: 'keepalived ignores it' };
export const REPEAT: NumberRange = { min: 1, max: 255, remedy: 'left to the default' };

/** Of the number of a virtual router. */
export const ROUTER_ID: NumberRange = { min: 1, max: 255, remedy: 'write the one that all hosts have' };

/** The addresses of a block. What is none is left out with a remark, as keepalived does. */
export function addressesOf({ block = [] }: Statement, remark: Remark): BlockAddress[] {
  return block.flatMap(({ words, line }) => {
    const [word = ''] = words;
    const host = hostOf(word);
    if (host === undefined) {
      remark(line, `${word === '' ? 'braces without a word' : word}: no address, left out`);
      return [];
    }
    const own = withLength(host);
    const isWhole = isNetwork(word);
    if (!isWhole)
      remark(line, `${word}: keepalived makes ${own} of it, and so is it here; write that of the network`);
    if (words.includes('peer')) remark(line, `${word}: peer ${wordAfter(words, 'peer')}: no counterpart`);
    const address = isWhole ? withLength(word) : own;
    return { line, word, host, address, device: wordAfter(words, 'dev') };
  });
}

/** The address before the slash, if it is one. */
export function hostOf(word: string): string | undefined {
  const [host = ''] = word.split('/', 1);
  return isIP(host) === 0 ? undefined : host;
}

/** What a file made of a template still lacks. */
export function interfaceOf({ words, line }: Statement, remark: Remark): string | undefined {
  const [kind, name = ''] = words;
  if (/^[^\s/$<{']{1,15}$/.test(name)) return name;
  remark(line, `${kind}: ${name === '' ? 'it names none' : `${name} is no name of an interface`}`);
  return undefined;
}

/** Whether a switch is off; without a word it is on. */
export function isOff({ words: [, word = ''] }: Statement): boolean {
  return ['off', 'no', 'false'].includes(word);
}

/** Takes in another file; newer versions have a letter that says what one that is missing is to them. */
export const INCLUDE = /^include[a-z]?$/;

/** The word that follows another one. */
export function wordAfter(words: readonly string[], word: string): string | undefined {
  return words.includes(word) ? words[words.indexOf(word) + 1] : undefined;
}
