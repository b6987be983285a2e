import { type JsonSchema, jsonSchemaOf } from '../../json-schema/index.js';
import { documentSchema } from '../check/document.js';
import type { ModuleRegistry } from '../registry.js';
import { fileSchemaOf } from './module-schema.js';

/** The JSON Schema of a settings file, from which editors complete and check it. */
export async function fileSchema(registry: ModuleRegistry): Promise<JsonSchema> {
  const document = jsonSchemaOf(documentSchema)!;
  const modules: Record<string, JsonSchema> = {};
  for (const [name, { summary, load }] of Object.entries(registry)) {
    const schema = fileSchemaOf(await load());
    modules[name] = { description: summary, ...orNothing(schema) };
  }
  const { modules: about, ...properties } = document.properties!;
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    ...document,
    properties: {
      ...properties,
      modules: { type: 'object', description: about?.description ?? '', properties: modules },
    },
  };
}

/** A name with nothing behind it loads the module with its defaults. */
function orNothing(schema: JsonSchema | undefined): JsonSchema {
  if (schema === undefined) return { anyOf: [{ type: 'null' }, { type: 'object', maxProperties: 0 }] };
  const { default: _default, ...own } = schema;
  return own.required?.length ? own : { anyOf: [{ type: 'null' }, own] };
}
