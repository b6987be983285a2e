import type { JsonSchema } from '../../json-schema/index.js';
import { suggestion } from '../nearest.js';
import { formatPath, type PathKey, type Problem } from '../problem.js';
import type { Placed, PlacedList, PlacedMap } from '../source/index.js';

/**
 * Every key that a schema does not know, with the nearest one it knows, and every list where it wants a mapping. Validators
 * stop at the first key and give no names, and take a list for a mapping with the keys 0, 1, 2.
 *
 * @param base the path that led to `root`
 */
export function unknownKeys(schema: JsonSchema, root: Placed, base: readonly PathKey[]): Problem[] {
  const problems: Problem[] = [];
  visit([schema], root, base, problems);
  return problems;
}

/** Of a list where a mapping is wanted. */
export const NO_MAPPING = 'is a list, not a mapping: write its names as keys, without -';

type Visitor<Node> = (
  schemas: readonly JsonSchema[],
  node: Node,
  path: readonly PathKey[],
  problems: Problem[],
) => void;

/** @param schemas alternatives: a key is known when one of them knows it */
const visit: Visitor<Placed> = (schemas, node, path, problems) => {
  const alternatives = schemas.flatMap(alternativesOf);
  if (node.kind === 'list') visitList(alternatives, node, path, problems);
  if (node.kind === 'map') visitMap(alternatives, node, path, problems);
};

/** A mapping with alternatives beside its properties, of which one is to be there, stands for itself. */
function alternativesOf(schema: JsonSchema): readonly JsonSchema[] {
  const { anyOf, oneOf, properties } = schema;
  if (properties !== undefined) return [schema];
  return (anyOf ?? oneOf)?.flatMap(alternativesOf) ?? [schema];
}

const visitList: Visitor<PlacedList> = (alternatives, node, path, problems) => {
  const items = alternatives.flatMap(({ items: of }) => (of === undefined ? [] : [of]));
  if (items.length > 0) node.items.forEach((item, i) => visit(items, item, [...path, i], problems));
  const others = alternatives.filter(({ type }) => type !== 'object');
  const wantsMapping = others.length < alternatives.length && others.every(({ type }) => type === 'null');
  if (wantsMapping) problems.push({ place: node.place, path: formatPath(path), message: NO_MAPPING });
};

const visitMap: Visitor<PlacedMap> = (alternatives, node, path, problems) => {
  const objects = alternatives.filter(({ type }) => type === 'object');
  const fitting = objects.filter((each) => fits(each, node));
  const meant = fitting.length > 0 ? fitting : objects;
  if (meant.length === 0) return;
  const known = new Set(meant.flatMap(({ properties = {} }) => Object.keys(properties)));
  const strict = meant.every(({ additionalProperties }) => additionalProperties === false);
  for (const [key, { key: place, value }] of node.entries) {
    const of = meant.map((each) => schemaOf(each, key)).filter((each) => each !== undefined);
    if (of.length > 0) visit(of, value, [...path, key], problems);
    else if (strict) problems.push({ place, path: formatPath([...path, key]), message: unknown(key, known) });
  }
};

/** Whether the keys that tell the alternatives apart, as `kind` of a check, say this one. */
function fits({ properties = {} }: JsonSchema, { entries }: PlacedMap): boolean {
  return Object.entries(properties).every(([key, { const: wanted }]) => {
    if (wanted === undefined) return true;
    const given = entries.get(key)?.value;
    return given?.kind === 'scalar' && given.value === wanted;
  });
}

function schemaOf(
  { properties = {}, additionalProperties }: JsonSchema,
  key: string,
): JsonSchema | undefined {
  if (Object.hasOwn(properties, key)) return properties[key];
  return typeof additionalProperties === 'object' ? additionalProperties : undefined;
}

function unknown(key: string, known: ReadonlySet<string>): string {
  if (known.size === 0) return 'unknown key: no settings are taken here';
  const hint = suggestion(key, known);
  return `unknown key${hint === '' ? `; known are ${[...known].toSorted().join(', ')}` : hint}`;
}
