import { describe, type Json, secretPaths, toJson } from '../../../core/index.js';

const MAX_TEXT = 500;
/** How deep objects of classes are looked for in an argument. */
const MAX_DEPTH = 4;
const isSecret = secretPaths();

/**
 * An event's argument for those who look on: data as it is, without what is called like a secret, and an object of a
 * class by the name that it gives itself.
 */
export function shown(arg: unknown): Json {
  const json = toJson(withNames(arg, MAX_DEPTH), isSecret);
  if (typeof json === 'string') return cut(json);
  return JSON.stringify(json).length > MAX_TEXT ? cut(JSON.stringify(json)) : json;
}

/** An object of a class that says its name. */
interface Named {
  toString: () => string;
}

/** The value with the names of the objects of classes in it, as far as they have one. */
function withNames(value: unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null || depth === 0) return value;
  if (value instanceof Uint8Array) return hexOf(value);
  if (Array.isArray(value)) return value.map((item) => withNames(item, depth - 1));
  if (isNamed(value)) return nameOf(value);
  if (Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withNames(item, depth - 1)]));
}

/** As link-layer addresses are written: a list of bytes says its numbers. */
function hexOf(bytes: Uint8Array): string {
  return [...bytes.subarray(0, MAX_TEXT)].map((byte) => byte.toString(16).padStart(2, '0')).join(':');
}

/** Whether it has a `toString` of its own. */
function isNamed(value: object): value is Named {
  const { toString } = value as Named;
  return typeof toString === 'function' && toString !== Object.prototype.toString;
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
