import { describe, type Json, secretPaths, toJson } from '../../../core/index.js';

const MAX_TEXT = 500;
const isSecret = secretPaths();

/**
 * An event's argument for those who look on: data as it is, without what is called like a secret, and an object of a
 * class by the name that it gives itself.
 */
export function shown(arg: unknown): Json {
  if (typeof arg === 'object' && arg !== null && isNamed(arg)) return cut(nameOf(arg));
  const json = toJson(arg, isSecret);
  return JSON.stringify(json).length > MAX_TEXT ? cut(JSON.stringify(json)) : json;
}

/** An object of a class that says its name. */
interface Named {
  toString: () => string;
}

/** Whether it has a `toString` of its own. */
function isNamed(value: object): value is Named {
  const { toString } = value as Named;
  return toString !== Object.prototype.toString && toString !== Array.prototype.toString;
}

/** Its `toString` is a stranger's code. */
function nameOf(value: Named): string {
  try {
    return value.toString();
  } catch (error) {
    return `[${describe(error)}]`;
  }
}

function cut(text: string): string {
  return text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text;
}
