import type { StandardSchemaV1 } from '@standard-schema/spec';
import { toJsonSchema } from '@valibot/to-json-schema';

/** As much of JSON Schema as is looked into here. */
export interface JsonSchema {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly items?: JsonSchema;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly JsonSchema[];
  readonly [keyword: string]: unknown;
}

/** A schema library that can describe itself: Standard JSON Schema. */
interface Describing {
  readonly jsonSchema?: { input(options: { target: string }): JsonSchema };
}

/**
 * A verb's input as JSON Schema (2020-12). What a schema cannot say of itself is left out: the description is for
 * people and completion, the check is the schema's own.
 */
export function jsonSchemaOf(schema: StandardSchemaV1): JsonSchema {
  const standard = schema['~standard'];
  const described = (standard as Describing).jsonSchema?.input({ target: 'draft-2020-12' });
  if (described !== undefined) return described;
  if (standard.vendor !== 'valibot') return { type: 'object' };
  const { $schema: _, ...body } = toJsonSchema(schema as never, {
    target: 'draft-2020-12',
    typeMode: 'input',
    errorMode: 'ignore',
  });
  return body as unknown as JsonSchema;
}
