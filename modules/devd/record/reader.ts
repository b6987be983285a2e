/**
 * Reads devctl(4) records. A record is untrusted text: nothing here throws.
 *
 * @module
 */
import type { EventKind } from '../language/index.js';

/** A record as devd sees it. */
export interface DevctlRecord {
  /** Undefined for a record that no rule is for. */
  readonly kind: EventKind | undefined;
  /** Without the newline at its end. */
  readonly text: string;
  /** Includes `*` (the whole record), `_` (without its first character) and `timestamp`. */
  readonly variables: ReadonlyMap<string, string>;
}

/** How a record is read. */
export interface ReadOptions {
  /**
   * Read as FreeBSD's devd does, with its faults: a quoted value that ends in an escaped backslash hides everything
   * after it, `\\` stays doubled, and an empty location hides all variables. Default: undo the kernel's quoting exactly.
   */
  readonly faithful?: boolean;
  /** The record's time, in milliseconds since the epoch; default 0. */
  readonly time?: number;
}

const KINDS: Readonly<Record<string, EventKind>> = {
  '!': 'notify',
  '+': 'attach',
  '-': 'detach',
  '?': 'nomatch',
};

/** Reads a record, with or without its newline, into variables. */
export function readRecord(line: string, { faithful = false, time = 0 }: ReadOptions = {}): DevctlRecord {
  const text = trimNewlines(line);
  const variables = new Map([
    ['*', text],
    ['_', text.slice(1)],
    ['timestamp', formatTimestamp(time)],
  ]);
  const kind = Object.hasOwn(KINDS, text.charAt(0)) ? KINDS[text.charAt(0)] : undefined;
  if (kind === undefined) return { kind, text, variables };
  const complete = kind === 'notify' || readDevice(text, kind, faithful, variables);
  if (kind === 'notify') readPairs(text, 1, faithful, variables);
  return { kind: complete ? kind : undefined, text, variables };
}

/** `sec.usec`, with six decimals. */
export function formatTimestamp(time: number): string {
  const microseconds = Math.max(0, Math.floor(time * 1000));
  return `${Math.floor(microseconds / 1e6)}.${String(microseconds % 1e6).padStart(6, '0')}`;
}

function trimNewlines(line: string): string {
  let end = line.length;
  while (end > 0 && line.charCodeAt(end - 1) === 0x0a) end--;
  return end === line.length ? line : line.slice(0, end);
}

/** `+name at list on bus`; false for a record without a blank, which FreeBSD drops unread. */
function readDevice(
  text: string,
  kind: EventKind,
  faithful: boolean,
  variables: Map<string, string>,
): boolean {
  const blank = text.indexOf(' ');
  if (blank < 0) return false;
  if (kind !== 'nomatch') variables.set('device-name', text.slice(1, blank));
  let at = skipSpace(text, blank + 1);
  if (text.startsWith('at ', at)) at += 3;
  if (!faithful) at = skipSpace(text, at);
  at = skipSpace(text, readPairs(text, at, faithful, variables));
  if (text.startsWith('on ', at)) variables.set('bus', text.slice(at + 3));
  return true;
}

// Sticky, so that the text is walked once.
const KEY = /([A-Za-z0-9_-]*)=/y;
const BARE = /[^ \t\n\v\f\r]*/y;

/** Reads `key=value` pairs, of which later ones win. @returns where the pairs end */
function readPairs(text: string, start: number, faithful: boolean, variables: Map<string, string>): number {
  let at = start;
  while (at < text.length) {
    KEY.lastIndex = at;
    const key = KEY.exec(text)?.[1];
    if (key === undefined) return at;
    const from = at + key.length + 1;
    const end = text[from] === '"' ? closingQuote(text, from + 1, faithful) : endOfBare(text, from);
    if (end < 0) return at;
    variables.set(key, valueOf(text, from, end, faithful));
    at = skipSpace(text, text[from] === '"' ? end + 1 : end);
  }
  return at;
}

function endOfBare(text: string, from: number): number {
  BARE.lastIndex = from;
  return from + BARE.exec(text)![0].length;
}

function closingQuote(text: string, from: number, faithful: boolean): number {
  for (let at = from; at < text.length; at++) {
    if (text[at] === '"' && !(faithful && text[at - 1] === '\\')) return at;
    if (text[at] === '\\' && !faithful) at++;
  }
  return -1;
}

function valueOf(text: string, from: number, end: number, faithful: boolean): string {
  const isQuoted = text[from] === '"';
  const raw = text.slice(isQuoted ? from + 1 : from, end);
  if (!raw.includes('\\')) return raw;
  if (faithful) return raw.replaceAll('\\"', '"');
  return isQuoted ? raw.replace(/\\(["\\])/g, '$1') : raw.replaceAll('\\"', '"');
}

function skipSpace(text: string, from: number): number {
  let at = from;
  while (at < text.length && ' \t\n\v\f\r'.includes(text[at]!)) at++;
  return at;
}
