/**
 * @module
 * Settings as they were written: values with their places. A reader of another language than YAML would make the same.
 */
import type { PathKey, Place } from '../problem.js';

export interface PlacedEntry {
  /** Where the key stands. */
  readonly key: Place;
  readonly value: Placed;
}

export interface PlacedMap {
  readonly kind: 'map';
  readonly place: Place;
  readonly entries: ReadonlyMap<string, PlacedEntry>;
}

export interface PlacedList {
  readonly kind: 'list';
  readonly place: Place;
  readonly items: readonly Placed[];
}

export interface PlacedScalar {
  readonly kind: 'scalar';
  readonly place: Place;
  /** A text, number, boolean or null; of a secret what was read from its file. */
  readonly value: unknown;
  /** As it was written, to be shown in messages. */
  readonly source: string;
  /** Read from a file of secrets: never shown. */
  readonly secret?: true;
}

export type Placed = PlacedMap | PlacedList | PlacedScalar;

/** Longest text of a setting that a message repeats. */
const MAX_SHOWN = 40;

/** Whether nothing was written: `modules:` with nothing behind it. */
export function isNull(node: Placed): boolean {
  return node.kind === 'scalar' && node.value === null;
}

/** The settings without their places. */
export function plain(node: Placed): unknown {
  if (node.kind === 'scalar') return node.value;
  if (node.kind === 'list') return node.items.map(plain);
  // Not by assignment: a key may be __proto__.
  return Object.fromEntries([...node.entries].map(([key, { value }]) => [key, plain(value)]));
}

/** What was found on the way along a path. */
export interface Found {
  /** Where the whole path leads, if it is there. */
  readonly node: Placed | undefined;
  /** Of the last key that is there. */
  readonly key: Place;
  /** Where a message about the path points to: the value if it is there, else the last key. */
  readonly place: Place;
}

/** Follows a path as far as it goes. A wrong value is shown at the value, a missing one at its mapping's key. */
export function follow(root: Placed, path: readonly PathKey[]): Found {
  let node: Placed = root;
  let { place: at } = root;
  for (const key of path) {
    const entry = step(node, key);
    if (entry === undefined) return { node: undefined, key: at, place: at };
    node = entry.value;
    at = entry.key;
  }
  return { node, key: at, place: node.kind === 'scalar' ? node.place : at };
}

function step(node: Placed, key: PathKey): PlacedEntry | undefined {
  if (node.kind === 'map') return node.entries.get(String(key));
  if (node.kind !== 'list' || typeof key !== 'number') return undefined;
  const value = node.items[key];
  return value && { key: value.place, value };
}

/** A value for a message, shortened: `300`, `"fast"`, `a list`. */
export function shown(node: Placed): string {
  if (node.kind === 'map') return node.entries.size === 0 ? 'an empty mapping' : 'a mapping';
  if (node.kind === 'list') return node.items.length === 0 ? 'an empty list' : 'a list';
  if (node.secret) return 'a secret, not shown';
  if (node.value === null) return 'nothing';
  const text = typeof node.value === 'string' ? JSON.stringify(node.value) : node.source;
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
}
