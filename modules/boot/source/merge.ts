import { formatPath, type PathKey, type Place, type Problem } from '../problem.js';
import { isNull, type Placed, type PlacedEntry, type PlacedMap } from './placed.js';

/**
 * Puts the settings of a later file over those of an earlier one: mappings are joined key by key, lists are
 * appended, and a text, number or boolean replaces the one before. Nothing (`key:`) leaves what was there.
 *
 * @param problems gets a mistake where the two differ in kind
 */
export function merge(
  earlier: Placed,
  later: Placed,
  problems: Problem[],
  path: readonly PathKey[] = [],
): Placed {
  if (isNull(later)) return earlier;
  if (isNull(earlier)) return later;
  if (earlier.kind === 'map' && later.kind === 'map') return mergeMaps(earlier, later, problems, path);
  if (earlier.kind === 'list' && later.kind === 'list')
    return { ...earlier, items: [...earlier.items, ...later.items] };
  if (earlier.kind === 'scalar' && later.kind === 'scalar') return later;
  const message = `is a ${WORDS[later.kind]}, but a ${WORDS[earlier.kind]} at ${at(earlier.place)}`;
  problems.push({ place: later.place, path: formatPath(path), message });
  return earlier;
}

const WORDS = { map: 'mapping', list: 'list', scalar: 'single value' } as const;

function mergeMaps(
  earlier: PlacedMap,
  later: PlacedMap,
  problems: Problem[],
  path: readonly PathKey[],
): PlacedMap {
  const entries = new Map<string, PlacedEntry>(earlier.entries);
  for (const [key, entry] of later.entries) {
    const before = entries.get(key);
    const value = before ? merge(before.value, entry.value, problems, [...path, key]) : entry.value;
    entries.set(key, { key: before?.key ?? entry.key, value });
  }
  return { ...earlier, entries };
}

function at({ file, line }: Place): string {
  return `${file}:${line}`;
}
