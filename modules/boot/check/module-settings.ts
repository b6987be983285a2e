import type { StandardSchemaV1 } from '@standard-schema/spec';
import { CheckedSettings, describe, type ModuleClass, moduleDefinition } from '../../../core/index.js';
import { formatPath, type Problem } from '../problem.js';
import { fileSchemaOf } from '../schema/module-schema.js';
import { resolveSecrets, type SecretStore } from '../secrets/index.js';
import { isNull, type Placed, plain } from '../source/index.js';
import { problemsOf } from './issues.js';
import { unknownKeys } from './unknown-keys.js';

/** What checking a module's settings has found. */
export interface SettingsCheck {
  /** As written, with secrets in place. */
  readonly settings: unknown;
  /** For `kernel.load`. */
  readonly checked: unknown;
  readonly problems: readonly Problem[];
  readonly warnings: readonly Problem[];
}

/**
 * Checks a module's settings by the module's own schema, with its secrets in place.
 *
 * @param key the module's key in the file
 * @param pause called between parts that take long where there are many settings
 */
export async function checkModuleSettings(
  key: string,
  module: ModuleClass,
  written: Placed,
  store: SecretStore,
  pause: () => Promise<void>,
): Promise<SettingsCheck> {
  const { settings: schema, secrets = [] } = moduleDefinition(module);
  const base = ['modules', key];
  const empty = isNull(written) || (written.kind === 'map' && written.entries.size === 0);
  if (schema === undefined) {
    const problem = {
      place: written.place,
      path: formatPath(base),
      message: 'takes no settings: leave them out',
    };
    return { settings: undefined, checked: undefined, problems: empty ? [] : [problem], warnings: [] };
  }
  const given: Placed = isNull(written) ? { kind: 'map', place: written.place, entries: new Map() } : written;
  const resolved = resolveSecrets(given, secrets, store, base);
  await pause();
  const inFile = fileSchemaOf(module);
  const unknown = inFile === undefined ? [] : unknownKeys(inFile, given, base);
  const settings = plain(resolved.root);
  await pause();
  const result = await validate(schema, settings);
  await pause();
  const refused = problemsOf(result.issues ?? [], resolved.root, base, secrets);
  const absent = isNull(written) || result.issues !== undefined;
  return {
    settings: isNull(written) ? undefined : settings,
    checked: absent ? undefined : new CheckedSettings(schema, settings, result.value),
    problems: firstOfEach(resolved.problems, unknown, refused),
    warnings: resolved.warnings,
  };
}

/** A schema with code of its own may throw. */
async function validate(
  schema: StandardSchemaV1,
  settings: unknown,
): Promise<StandardSchemaV1.Result<unknown>> {
  try {
    return await schema['~standard'].validate(settings);
  } catch (error) {
    return { issues: [{ message: `cannot be checked: ${describe(error)}` }] };
  }
}

/** Two checks may find the same mistake: the earlier one says more. */
function firstOfEach(...checks: (readonly Problem[])[]): Problem[] {
  const all: Problem[] = [];
  for (const problems of checks) {
    const paths = new Set(all.map(({ path }) => path));
    all.push(...problems.filter(({ path }) => !paths.has(path)));
  }
  return all;
}
