import { seededRandom } from '../../core/index.js';

/** As many of the items as are wanted, in their order; the same ones for the same seed. */
export function sample<T>(items: readonly T[], size: number, seed: number): readonly T[] {
  if (items.length <= size) return items;
  const random = seededRandom(seed);
  const keys = items.map((item, at) => ({ item, at, key: random.uint32() }));
  const chosen = keys.toSorted((a, b) => a.key - b.key).slice(0, size);
  return chosen.toSorted((a, b) => a.at - b.at).map(({ item }) => item);
}
