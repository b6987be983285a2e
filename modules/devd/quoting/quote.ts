/**
 * Quotes values for their places in a shell command.
 *
 * @module
 */
import { environmentName } from './environment-name.js';
import type { Optional, Reread } from './findings.js';
import type { Doubt, Place } from './place.js';

/** Characters that mean nothing to any shell, and nothing dangerous to any program that reads text as code. */
const HARMLESS = /^[A-Za-z0-9_.,:/@%+=-]*$/;
/** Values that the places admit which do not admit any. */
const ADMITTED: Readonly<Record<Doubt['admits'], RegExp>> = {
  harmless: HARMLESS,
  number: /^(-?\d+)?$/,
  none: /(?!)/,
};
const REFUSED: Readonly<Record<Doubt['admits'], string>> = {
  harmless: 'has characters that cannot be quoted safely',
  number: 'is no number, and no other word is let in',
  none: 'is not let in',
};
/** A value that begins so is an option to most programs; a number below zero and a lone dash are not. */
const OPTION = /^-(?!$|\d+(\.\d*)?$)/;

/** A value that cannot be put where its variable stands. The action is not run. */
export class QuotingError extends Error {
  /** The variable as it is written: `$subsystem`, `${DEVD_SUBSYSTEM}`. */
  readonly variable: string;

  constructor(variable: string, message: string) {
    super(message);
    this.name = 'QuotingError';
    this.variable = variable;
  }
}

/** A variable's value on its way into a command. */
export interface Value {
  readonly name: string;
  readonly value: string;
  /** The configuration's own, by `set`. */
  readonly isSet: boolean;
}

/** A word of its own for every shell of Bourne's family. */
export function quoteWord(value: string): string {
  return `'${inSingleQuotes(value)}'`;
}

/** FreeBSD's own way: `$'…'`, wherever the variable stands. Only for shells that know it, and not safe in quotes. */
export function quoteBsd(value: string): string {
  return `$'${value.replaceAll(/[\\']/g, '\\$&')}'`;
}

/** The value for the place where its variable stands. @throws QuotingError */
export function quoteAt(place: Place, { name, value, isSet }: Value): string {
  const clean = value.replaceAll('\0', '');
  if (place.atOption && OPTION.test(clean) && !isSet) {
    throw new QuotingError(
      `$${name}`,
      `the value of $${name} begins with a dash where that makes an option of it: write -- before it`,
    );
  }
  if (place.doubt !== undefined) {
    const { admits, reason } = place.doubt;
    const isOwn = isSet && HARMLESS.test(clean);
    if (!isOwn && !ADMITTED[admits].test(clean))
      throw new QuotingError(
        `$${name}`,
        `the value of $${name} ${REFUSED[admits]} where it stands (${reason})${advice(name)}`,
      );
    if (admits === 'none') return clean; // the configuration's own word, which may be the name of a command
  }
  const inner = place.inner === undefined ? clean : quoteAt(place.inner, { name, value: clean, isSet });
  const quoted = quoteIn(place, inner);
  // Backticks take one layer of backslashes off before their content is read.
  return place.inBackticks ? quoted.replaceAll(/[\\`]/g, '\\$&') : quoted;
}

/**
 * Refuses values of the environment that an action would read as more than values.
 * @param environment undefined where it is not known
 * @throws QuotingError
 */
export function checkEnvironment(
  rereads: readonly Reread[],
  optional: readonly Optional[],
  environment: Readonly<Record<string, string>> | undefined,
): void {
  for (const { name, admits, reason } of rereads) {
    const values = name === 'DEVD_*' ? Object.values(environment ?? {}) : [environment?.[name] ?? ''];
    const admitted = values.every(
      (value) => value === '' || (ADMITTED[admits].test(value) && !OPTION.test(value)),
    );
    if (environment !== undefined && admitted) continue;
    throw new QuotingError(
      `\${${name}}`,
      `the value of \${${name}} is not safe where it stands (${reason}): ` +
        `let a script read ${name} from its environment`,
    );
  }
  for (const { name, splits } of optional) {
    const values = name === 'DEVD_*' ? Object.values(environment ?? {}) : [environment?.[name] ?? ''];
    const words = values.flatMap((value) => value.split(splits ? /\s+/ : /$^/));
    if (environment === undefined || !words.some((word) => OPTION.test(word))) continue;
    throw new QuotingError(
      `\${${name}}`,
      `the value of \${${name}} has a dash where that makes an option of it: write -- before it`,
    );
  }
}

/** Whatever is wrong with the place, a script that finds the value in its environment is safe from it. */
function advice(variable: string): string {
  // The environment lacks $_, which is $* without its first character.
  const name = variable === '_' ? 'DEVD_EVENT less its first character' : environmentName(variable);
  return name === undefined ? '' : `: let a script read it from its environment, as ${name}`;
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
    case 'word':
      // A backslash the author wrote stays one, and must not take our quote.
      return `${dangling === '\\' ? '\\' : ''}${quoteWord(value)}`;
  }
}

function inSingleQuotes(value: string): string {
  return value.replaceAll("'", "'\\''");
}
