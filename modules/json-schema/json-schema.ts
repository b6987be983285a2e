import type { StandardJSONSchemaV1, StandardSchemaV1 } from '@standard-schema/spec';
import { type OverrideSchemaContext, toJsonSchema } from '@valibot/to-json-schema';

/** A JSON Schema, draft 2020-12, with the keywords that are looked into here. */
export interface JsonSchema {
  readonly [keyword: string]: unknown;
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | JsonSchema;
  readonly items?: JsonSchema;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly oneOf?: readonly JsonSchema[];
  readonly anyOf?: readonly JsonSchema[];
}

const TARGET = 'draft-2020-12';

type Described = StandardSchemaV1 & Partial<StandardJSONSchemaV1>;

/**
 * What a schema accepts, as JSON Schema: from the schema itself where it can say (Standard JSON Schema), else from
 * valibot's converter. What cannot be said in JSON Schema (a check of our own code) is left out.
 *
 * @returns undefined when nothing can be said
 */
export function jsonSchemaOf(schema: StandardSchemaV1): JsonSchema | undefined {
  const standard = (schema as Described)['~standard'];
  try {
    if ('jsonSchema' in standard && standard.jsonSchema !== undefined)
      return withoutDialect(standard.jsonSchema.input({ target: TARGET }));
    if (standard.vendor === 'valibot') return fromValibot(schema);
  } catch {
    // A schema with a part that has no counterpart is as good as one that cannot say.
  }
  return undefined;
}

function fromValibot(schema: StandardSchemaV1): JsonSchema {
  const converted = toJsonSchema(schema as Parameters<typeof toJsonSchema>[0], {
    target: TARGET,
    typeMode: 'input',
    errorMode: 'ignore',
    overrideSchema: withoutInstances,
  });
  return withoutDialect(JSON.parse(JSON.stringify(converted, writable)) as JsonSchema);
}

/** A default that is an object of ours (an InetAddress) stands in a file as its text. */
function writable(key: string, value: unknown): unknown {
  const isOurs = key === 'default' && typeof value === 'object' && value !== null && !isPlain(value);
  return isOurs ? (value as { toString(): string }).toString() : value;
}

function isPlain(value: object): boolean {
  return Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype;
}

/** An alternative that only a program can give (an InetPrefix, bytes) is none for a file. */
function withoutInstances({ valibotSchema, jsonSchema }: OverrideSchemaContext) {
  if (valibotSchema.type !== 'union') return undefined;
  const anyOf = jsonSchema.anyOf?.filter((each) => typeof each === 'object' && Object.keys(each).length > 0);
  if (anyOf === undefined || anyOf.length === jsonSchema.anyOf!.length) return undefined;
  return anyOf.length === 1 ? (anyOf[0] as typeof jsonSchema) : { ...jsonSchema, anyOf };
}

function withoutDialect({ $schema: _dialect, ...schema }: JsonSchema): JsonSchema {
  return schema;
}
