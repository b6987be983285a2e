import type { StandardSchemaV1 } from '@standard-schema/spec';
import { plainly } from '../issue-text.js';
import { KldError, moduleFailure } from './errors.js';

/**
 * Settings that have been checked already: what checks a file gives these to `load` and `reconfigure`, so that a
 * thousand vhids are checked once.
 */
export class CheckedSettings {
  /** @param value what the schema has made of `written` */
  constructor(
    readonly schema: StandardSchemaV1,
    readonly written: unknown,
    readonly value: unknown,
  ) {}
}

/**
 * Checks a module's settings against its schema.
 *
 * @param given what was given to `load`; undefined counts as an empty object
 * @throws KldError ESETTINGS naming module, path and what was expected
 */
export async function parseSettings(
  module: string,
  schema: StandardSchemaV1 | undefined,
  given: unknown,
): Promise<unknown> {
  if (given instanceof CheckedSettings && given.schema === schema) return given.value;
  const written = given instanceof CheckedSettings ? given.written : given;
  if (schema === undefined) {
    if (written === undefined) return {};
    throw new KldError('ESETTINGS', `${module} takes no settings`);
  }
  const result = await validate(module, schema, written ?? {});
  if (result.issues === undefined) return result.value;
  const problems = result.issues.map((issue) => `${settingsPath(issue)}: ${plainly(issue.message)}`);
  throw new KldError('ESETTINGS', `${module}: ${problems.join('; ')}`);
}

/** A schema with code of its own may throw instead of naming an issue. */
async function validate(
  module: string,
  schema: StandardSchemaV1,
  written: unknown,
): Promise<StandardSchemaV1.Result<unknown>> {
  try {
    return await schema['~standard'].validate(written);
  } catch (error) {
    throw moduleFailure(module, 'its settings schema', 'ESETTINGS', error);
  }
}

/** `settings.peers[2].address` */
function settingsPath({ path = [] }: StandardSchemaV1.Issue): string {
  const keys = path.map((part) => (typeof part === 'object' ? part.key : part));
  return keys.reduce<string>(
    (text, key) => (typeof key === 'number' ? `${text}[${key}]` : `${text}.${String(key)}`),
    'settings',
  );
}
