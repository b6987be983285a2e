/**
 * Strings. A backslash directly before a newline joins lines: both are removed, with all white space that follows.
 * FreeBSD's scanner then copies the next character without examining it. So a second continuation stays in the text, and
 * one right before the closing quotation mark puts that mark into the value.
 *
 * @module
 */
const SPACE = /[ \t\n\v\f\r]/;

/** The value of a string. @param inside the text between its quotation marks */
export function readString(inside: string): string {
  if (!inside.includes('\\\n')) return inside;
  const source = `${inside}"`;
  let value = '';
  for (let i = 0; i < inside.length; i++) {
    if (source[i] === '\\' && source[i + 1] === '\n') {
      i += 2;
      while (SPACE.test(source[i]!)) i++;
    }
    value += source[i];
  }
  return value;
}

/** The string, with quotation marks, that `readString` reads as `value`. */
export function printString(value: string): string {
  const endsInQuote = value.endsWith('"');
  const body = endsInQuote ? value.slice(0, -1) : value;
  return `"${body.replaceAll('\\\n', '\\\n\\\n')}${endsInQuote ? '\\\n' : ''}"`;
}
