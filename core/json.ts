/** A value that JSON can hold, and that `structuredClone` and `deepEqual` take as it is. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** What stands in the place of a secret. */
const HIDDEN = '(hidden)';
/** Deeper than any settings; what lies below is named, not shown. */
const MAX_DEPTH = 16;
const SECRET_NAME = /pass(word|phrase|wd)?$|secret|token|credential|psk$|key$/i;
/** The user and the password in a URL. */
const USERINFO = /(?<=^[a-z][a-z0-9+.-]*:\/\/)[^/@\s]*@/i;

/** Says whether what stands at a path is a secret; the keys of a list are the numbers of its items. */
export type IsSecret = (path: readonly string[]) => boolean;

/** Secrets by the usual names, and by patterns in which `*` stands for any one member: `vhids.*.password`. */
export function secretPaths(patterns: readonly string[] = []): IsSecret {
  const split = patterns.map((pattern) => pattern.split('.'));
  return (path) => SECRET_NAME.test(path.at(-1) ?? '') || split.some((pattern) => matches(pattern, path));
}

function matches(pattern: readonly string[], path: readonly string[]): boolean {
  return pattern.length === path.length && pattern.every((key, i) => key === '*' || key === path[i]);
}

/**
 * Any value as plain JSON, for people who look in: what is not data (a function, a `Lan`, a socket) is named, not
 * shown, and so is what contains itself. Unlike `JSON.stringify` it calls no `toJSON` and no getter of a class.
 */
export function toJson(value: unknown, isSecret: IsSecret = () => false): Json {
  return new Conversion(isSecret).convert(value, []);
}

class Conversion {
  /** The objects that the one being converted is within. */
  readonly #within: object[] = [];

  constructor(private readonly isSecret: IsSecret) {}

  convert(value: unknown, path: readonly string[]): Json {
    switch (typeof value) {
      case 'string':
        return value.replace(USERINFO, `${HIDDEN}@`);
      case 'boolean':
        return value;
      case 'number':
        return Number.isFinite(value) ? value : String(value);
      case 'object':
        return value === null ? null : this.#guarded(value, path);
      case 'function':
        return `[function ${value.name || 'anonymous'}]`;
      default:
        return String(value);
    }
  }

  #guarded(value: object, path: readonly string[]): Json {
    if (this.#within.includes(value)) return `[circular ${className(value)}]`;
    if (this.#within.length === MAX_DEPTH) return `[${className(value)}]`;
    this.#within.push(value);
    try {
      return this.#object(value, path);
    } finally {
      this.#within.pop();
    }
  }

  #object(value: object, path: readonly string[]): Json {
    if (Array.isArray(value)) return this.#list(value, path);
    if (value instanceof Set) return this.#list([...value], path);
    if (value instanceof Map) return this.#members([...value], path);
    if (value instanceof Date) return value.toISOString();
    const name = className(value);
    return name === 'Object' ? this.#members(Object.entries(value), path) : `[${name}]`;
  }

  #list(items: readonly unknown[], path: readonly string[]): Json {
    return items.map((item, i) => this.#member(item, [...path, String(i)]));
  }

  #members(entries: readonly (readonly [unknown, unknown])[], path: readonly string[]): Json {
    return Object.fromEntries(
      entries
        .filter(([, item]) => item !== undefined)
        .map(([key, item]) => [String(key), this.#member(item, [...path, String(key)])]),
    );
  }

  #member(value: unknown, path: readonly string[]): Json {
    return this.isSecret(path) ? HIDDEN : this.convert(value, path);
  }
}

function className(value: object): string {
  const prototype = Object.getPrototypeOf(value) as { constructor?: { name?: string } } | null;
  return prototype === null ? 'Object' : prototype.constructor?.name || 'object';
}
