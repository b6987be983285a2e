import { formatPath, type PathKey, type Problem } from '../problem.js';
import type { Placed, PlacedMap } from '../source/index.js';
import type { SecretReading, SecretStore } from './secret-store.js';

/** The key that names a credential instead of the secret. */
export const CREDENTIAL_KEY = 'credential';

/** The key that names a file instead of the secret: `passwordFile`. */
export function fileKey(secret: string): string {
  return `${secret}File`;
}

/** What to write instead of a secret. */
export function remedy(secret: string): string {
  return `name a file (${fileKey(secret)}: PATH) or a systemd credential (${CREDENTIAL_KEY}: NAME) that holds it`;
}

/** Whether a path is one of `vhids.*.password`. */
export function isSecret(patterns: readonly string[], path: readonly PathKey[]): boolean {
  return patterns.some((pattern) => {
    const parts = pattern.split('.');
    return parts.length === path.length && parts.every((part, i) => part === '*' || part === String(path[i]));
  });
}

/** Whether a setting of that name is better not shown, though its module does not say so. */
export function looksSecret(key: PathKey | undefined): boolean {
  return typeof key === 'string' && /^(passwords?|passwd|passphrase|secret|token|private_?key)$/i.test(key);
}

/** A module's settings with its secrets in place. */
export interface Resolved {
  readonly root: Placed;
  readonly problems: readonly Problem[];
  readonly warnings: readonly Problem[];
}

/**
 * Reads the secrets that settings name, and puts each where the module wants it.
 *
 * @param patterns paths of secrets within `root`
 * @param base the path that led to `root`
 */
export function resolveSecrets(
  root: Placed,
  patterns: readonly string[],
  store: SecretStore,
  base: readonly PathKey[],
): Resolved {
  const resolver = new Resolver(store);
  const resolved = patterns.reduce((node, pattern) => resolver.apply(node, pattern.split('.'), base), root);
  return { root: resolved, problems: resolver.problems, warnings: resolver.warnings };
}

class Resolver {
  readonly problems: Problem[] = [];
  readonly warnings: Problem[] = [];
  readonly #store: SecretStore;

  constructor(store: SecretStore) {
    this.#store = store;
  }

  apply(node: Placed, pattern: readonly string[], path: readonly PathKey[]): Placed {
    const [key, ...rest] = pattern;
    if (node.kind === 'list' && key === '*')
      return { ...node, items: node.items.map((item, i) => this.apply(item, rest, [...path, i])) };
    if (node.kind === 'scalar' && rest.length === 0 && looksSecret(path.at(-2)))
      return this.#refuse(node, key!, path);
    if (node.kind !== 'map') return node;
    if (rest.length === 0) return this.#fill(node, key!, path);
    const entries = [...node.entries].map(([name, entry]) => {
      const value =
        key === '*' || key === name ? this.apply(entry.value, rest, [...path, name]) : entry.value;
      return [name, { ...entry, value }] as const;
    });
    return { ...node, entries: new Map(entries) };
  }

  /** In `passwords: [text]` the text is the short form of a mapping with a password. */
  #refuse(node: Placed, secret: string, path: readonly PathKey[]): Placed {
    this.#problem(path, node.place, `no secret stands in this file: ${remedy(secret)}`);
    return hidden(node);
  }

  /** Takes the keys that name a secret out of a mapping, and puts the secret in. */
  #fill(node: PlacedMap, secret: string, path: readonly PathKey[]): PlacedMap {
    const entries = new Map(node.entries);
    const literal = entries.get(secret);
    if (literal !== undefined) {
      this.#problem([...path, secret], literal.key, `no secret stands in this file: ${remedy(secret)}`);
      entries.set(secret, { ...literal, value: hidden(literal.value) });
    }
    const given = [fileKey(secret), CREDENTIAL_KEY].filter((key) => entries.has(key));
    if (given.length > 1) {
      const { key: place } = entries.get(CREDENTIAL_KEY)!;
      this.#problem([...path, CREDENTIAL_KEY], place, `give ${given.join(' or ')}, not both`);
    }
    for (const name of given) {
      const { key, value } = entries.get(name)!;
      entries.delete(name);
      entries.set(secret, { key, value: this.#read(name, value, [...path, name]) });
    }
    return { ...node, entries };
  }

  #read(name: string, node: Placed, path: readonly PathKey[]): Placed {
    const written = node.kind === 'scalar' ? node.value : undefined;
    const isCredential = name === CREDENTIAL_KEY;
    if (typeof written !== 'string') {
      this.#problem(path, node.place, isCredential ? 'is not a name of a credential' : 'is not a path');
      return hidden(node);
    }
    const reading = isCredential
      ? this.#store.readCredential(written)
      : this.#store.readFile(written, node.place.file);
    this.#note(reading, path, node);
    return 'value' in reading ? { ...hidden(node), value: reading.value } : hidden(node);
  }

  #note(reading: SecretReading, path: readonly PathKey[], { place }: Placed): void {
    const warning = 'problem' in reading ? reading.problem : reading.warning;
    if ('problem' in reading && !reading.later) this.#problem(path, place, reading.problem);
    else if (warning !== undefined) this.warnings.push({ place, path: formatPath(path), message: warning });
  }

  #problem(path: readonly PathKey[], place: Placed['place'], message: string): void {
    this.problems.push({ place, path: formatPath(path), message });
  }
}

/** Stands where a secret is wanted and could not be had, so that the module's schema does not complain too. */
function hidden({ place }: Placed) {
  return { kind: 'scalar', place, value: 'x', source: '', secret: true } as const;
}
