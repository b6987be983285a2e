import { CarpetError } from '../../core/index.js';

/** What a variable's value may be; it is written as `String()` gives it. */
export type DevctlValue = string | number | bigint | boolean;

/** A record's variables: as an object, or as text that the caller has quoted himself. */
export type DevctlData = string | Readonly<Record<string, DevctlValue>>;

/** devctl_safe_quote: what stands between the quotation marks of a value, `\` and `"` with a `\` before them. */
export function devctlSafeQuote(value: string): string {
  return value.replace(/["\\]/g, '\\$&');
}

/**
 * `key=value key="a value"`. A value is quoted where a reader would not take it whole as it is: when it is empty, or
 * has white space or a quotation mark in it.
 *
 * @throws CarpetError EINVAL for a name that no reader takes for one
 */
export function formatVariables(data: DevctlData): string {
  if (typeof data === 'string') return data;
  return Object.entries(data)
    .map(([name, value]) => formatVariable(name, onOneLine(String(value))))
    .join(' ');
}

function formatVariable(name: string, value: string): string {
  if (!/^[A-Za-z0-9_-]+$/.test(name)) {
    throw new CarpetError('EINVAL', `"${name}" cannot name a variable of a record: letters, digits, _ and -`);
  }
  return value === '' || /[\s"]/.test(value) ? `${name}="${devctlSafeQuote(value)}"` : `${name}=${value}`;
}

/**
 * A newline inside a value would end the record on the stream socket, and begin a forged one;
 * FreeBSD lets it pass. Neither it nor a NUL byte can be written in a record: a blank stands for them.
 */
export function onOneLine(text: string): string {
  return text.replace(/[\n\0]/g, ' ');
}
