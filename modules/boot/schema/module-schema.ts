import { type ModuleClass, moduleDefinition } from '../../../core/index.js';
import { type JsonSchema, jsonSchemaOf } from '../../json-schema/index.js';
import { CREDENTIAL_KEY, fileKey } from '../secrets/index.js';

/**
 * What a module's settings look like in a file: its own schema, with the names of files and credentials where it
 * wants secrets.
 *
 * @returns undefined when the module takes no settings; an empty schema when it cannot say which
 */
export function fileSchemaOf(module: ModuleClass): JsonSchema | undefined {
  const { settings, secrets = [] } = moduleDefinition(module);
  const schema = settings && (jsonSchemaOf(settings) ?? {});
  return schema && secrets.reduce((all, pattern) => withSecret(all, pattern.split('.')), schema);
}

function withSecret(schema: JsonSchema, pattern: readonly string[]): JsonSchema {
  const [key, ...rest] = pattern;
  if (schema.anyOf !== undefined)
    return { ...schema, anyOf: schema.anyOf.map((each) => withSecret(each, pattern)) };
  if (key === '*' && schema.items !== undefined) return { ...schema, items: withSecret(schema.items, rest) };
  if (schema.properties === undefined) return schema;
  if (rest.length === 0) return renamed(schema, key!);
  const properties = Object.entries(schema.properties).map(([name, property]) => [
    name,
    key === '*' || key === name ? withSecret(property, rest) : property,
  ]);
  return { ...schema, properties: Object.fromEntries(properties) as Record<string, JsonSchema> };
}

function renamed(schema: JsonSchema, secret: string): JsonSchema {
  const { [secret]: of, ...others } = schema.properties!;
  const about = typeof of?.['description'] === 'string' ? `: ${of['description']}` : '';
  const text = { type: 'string', minLength: 1 };
  const properties = {
    ...others,
    [fileKey(secret)]: { ...text, description: `File whose first line is the ${secret}${about}` },
    [CREDENTIAL_KEY]: { ...text, description: `systemd credential that holds the ${secret}${about}` },
  };
  const required = schema.required?.filter((name) => name !== secret) ?? [];
  if (required.length === schema.required?.length) return { ...schema, properties };
  const oneOf = [fileKey(secret), CREDENTIAL_KEY].map((name) => ({ required: [name] }));
  return { ...schema, properties, required, oneOf };
}
