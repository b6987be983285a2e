/** A value as text of a shell command. */
import { environmentName } from './environment-name.js';
import type { Place } from './place.js';

/** Characters that mean nothing to any shell, and nothing dangerous to any program that reads text as code. */
const HARMLESS = /^[A-Za-z0-9_.,:/@%+=-]*$/;

/** A value that cannot be put where its variable stands. The action is not run. */
export class QuotingError extends Error {
  constructor(
    readonly variable: string,
    reason: string,
  ) {
    super(
      `the value of $${variable} has characters that cannot be quoted safely where it stands (${reason})${advice(variable)}`,
    );
    this.name = 'QuotingError';
  }
}

function advice(variable: string): string {
  // The environment lacks $_, but a shell can take the first character off the record.
  const name = variable === '_' ? 'DEVD_EVENT#?' : environmentName(variable);
  return name === undefined ? '' : `: take it from the environment instead, as "\${${name}}"`;
}

/** A word of its own for every shell of Bourne's family. */
export function quoteWord(value: string): string {
  return `'${inSingleQuotes(value)}'`;
}

/** FreeBSD's own way: `$'…'`, wherever the variable stands. Only for shells that know it, and not safe in quotes. */
export function quoteBsd(value: string): string {
  return `$'${value.replaceAll(/[\\']/g, '\\$&')}'`;
}

/** The value for the place where its variable stands. Throws QuotingError. */
export function quoteAt(place: Place, variable: string, value: string): string {
  const clean = value.replaceAll('\0', '');
  if (place.reason !== '') {
    if (HARMLESS.test(clean)) return clean;
    throw new QuotingError(variable, place.reason);
  }
  const inner = place.inner === undefined ? clean : quoteAt(place.inner, variable, clean);
  const quoted = quoteIn(place, inner);
  // Backticks take one layer of backslashes off before their content is read.
  return place.inBackticks ? quoted.replaceAll(/[\\`]/g, '\\$&') : quoted;
}

function quoteIn({ context, dangling }: Place, value: string): string {
  switch (context) {
    case 'single':
      return inSingleQuotes(value);
    case 'double':
      // The quotes are closed and opened again: so no list of special characters can be incomplete.
      return `${dangling === '\\' ? '\\' : ''}"${quoteWord(value)}"`;
    case 'comment':
      return value.replaceAll(/[\r\n]/g, ' ');
    default:
      // A backslash the author wrote stays one, and must not take our quote.
      return `${dangling === '\\' ? '\\' : ''}${quoteWord(value)}`;
  }
}

function inSingleQuotes(value: string): string {
  return value.replaceAll("'", "'\\''");
}
