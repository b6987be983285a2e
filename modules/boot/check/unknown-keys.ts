import type { JsonSchema } from '../../json-schema/index.js';
import { suggestion } from '../nearest.js';
import { formatPath, type PathKey, type Problem } from '../problem.js';
import type { Placed } from '../source/index.js';

/**
 * Every key that a schema does not know, with the nearest one it knows. Validators stop at the first, and give no
 * names.
 *
 * @param base the path that led to `root`
 */
export function unknownKeys(schema: JsonSchema, root: Placed, base: readonly PathKey[]): Problem[] {
  const problems: Problem[] = [];
  visit([schema], root, base, problems);
  return problems;
}

/** @param schemas alternatives: a key is known when one of them knows it */
function visit(
  schemas: readonly JsonSchema[],
  node: Placed,
  path: readonly PathKey[],
  problems: Problem[],
): void {
  const alternatives = schemas.flatMap((schema) => schema.anyOf ?? [schema]);
  if (node.kind === 'list') {
    const items = alternatives.flatMap(({ items: of }) => (of === undefined ? [] : [of]));
    if (items.length > 0) node.items.forEach((item, i) => visit(items, item, [...path, i], problems));
    return;
  }
  if (node.kind !== 'map') return;
  const objects = alternatives.filter(({ type, properties }) => type === 'object' && properties);
  if (objects.length === 0) return;
  const known = new Set(objects.flatMap(({ properties }) => Object.keys(properties!)));
  const strict = objects.every(({ additionalProperties }) => additionalProperties === false);
  for (const [key, { key: place, value }] of node.entries) {
    const of = objects.flatMap(({ properties }) =>
      Object.hasOwn(properties!, key) ? [properties![key]!] : [],
    );
    if (of.length > 0) visit(of, value, [...path, key], problems);
    else if (strict) problems.push({ place, path: formatPath([...path, key]), message: unknown(key, known) });
  }
}

function unknown(key: string, known: ReadonlySet<string>): string {
  if (known.size === 0) return 'unknown key: no settings are taken here';
  const hint = suggestion(key, known);
  return `unknown key${hint === '' ? `; known are ${[...known].toSorted().join(', ')}` : hint}`;
}
