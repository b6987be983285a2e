import { isDeepStrictEqual } from 'node:util';
import { formatPath, type PathKey } from '../problem.js';
import { isSecret, looksSecret } from '../secrets/index.js';

const MAX_SHOWN = 60;

/**
 * What differs between two sets of settings: `level 1 -> 3`. Of a secret only that it differs.
 *
 * @param secrets which of the settings are secrets
 */
export function settingsDifferences(before: unknown, after: unknown, secrets: readonly string[]): string[] {
  return new Comparison(secrets).compare(before ?? {}, after ?? {}, []);
}

class Comparison {
  readonly #secrets: readonly string[];

  constructor(secrets: readonly string[]) {
    this.#secrets = secrets;
  }

  compare(old: unknown, now: unknown, path: readonly PathKey[]): string[] {
    if (isDeepStrictEqual(old, now)) return [];
    if (this.#isHidden(path)) return [`${formatPath(path)} changed`];
    if (isMapping(old) && isMapping(now))
      return [...new Set([...Object.keys(old), ...Object.keys(now)])].flatMap((key) =>
        this.compare(old[key], now[key], [...path, key]),
      );
    if (Array.isArray(old) && Array.isArray(now))
      return Array.from({ length: Math.max(old.length, now.length) }).flatMap((_, i) =>
        this.compare(old[i], now[i], [...path, i]),
      );
    const name = path.length === 0 ? '' : `${formatPath(path)} `;
    return [`${name}${this.#text(old, path)} -> ${this.#text(now, path)}`];
  }

  #isHidden(path: readonly PathKey[]): boolean {
    return isSecret(this.#secrets, path) || looksSecret(path.at(-1));
  }

  #text(value: unknown, path: readonly PathKey[]): string {
    if (value === undefined) return 'default';
    const json = JSON.stringify(this.#redacted(value, path));
    return json.length > MAX_SHOWN ? `${json.slice(0, MAX_SHOWN)}…` : json;
  }

  #redacted(value: unknown, path: readonly PathKey[]): unknown {
    if (this.#isHidden(path)) return '(not shown)';
    if (Array.isArray(value)) return value.map((each, i) => this.#redacted(each, [...path, i]));
    if (!isMapping(value)) return value;
    const entries = Object.entries(value).map(([key, each]) => [key, this.#redacted(each, [...path, key])]);
    return Object.fromEntries(entries) as unknown;
  }
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
