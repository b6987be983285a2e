/**
 * @module
 * What the options of several commands have in common: parsers for commander, which put "option '--x <n>' argument 'y' is
 * invalid" in front of what they throw.
 */
import { InvalidArgumentError } from 'commander';

/** Parser of a decimal number from `min` to `max`. */
export function wholeNumber(min = 0, max = 999_999_999): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d{1,9}$/.test(text) && value >= min && value <= max) return value;
    const range = max < 999_999_999 ? ` from ${min} to ${max}` : min > 0 ? `, ${min} or more` : '';
    throw new InvalidArgumentError(`It must be a whole number${range}.`);
  };
}

/** Parser of permissions: three octal digits, with or without a leading zero. */
export function octal(text: string): number {
  if (/^0?[0-7]{3}$/.test(text)) return Number.parseInt(text, 8);
  throw new InvalidArgumentError('It must be permissions in octal, as 0660.');
}

/** Collects the values of an option that may be repeated. Give `[]` as its default. */
export function list(text: string, before: readonly string[]): string[] {
  return [...before, text];
}

/** Collects NAME=VALUE pairs of an option that may be repeated. Give `{}` as its default. */
export function pairs(text: string, before: Readonly<Record<string, string>>): Record<string, string> {
  const [, name, value] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  if (name === undefined || value === undefined)
    throw new InvalidArgumentError('It must be of the form name=value.');
  return { ...before, [name]: value };
}
