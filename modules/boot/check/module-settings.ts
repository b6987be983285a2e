import { type ModuleClass, moduleDefinition } from '../../../core/index.js';
import { formatPath, type Problem } from '../problem.js';
import { fileSchemaOf } from '../schema/module-schema.js';
import { resolveSecrets, type SecretStore } from '../secrets/index.js';
import { isNull, type Placed, plain } from '../source/index.js';
import { problemsOf } from './issues.js';
import { unknownKeys } from './unknown-keys.js';

export interface CheckedSettings {
  /** For `kernel.load`. */
  readonly settings: unknown;
  readonly problems: readonly Problem[];
  readonly warnings: readonly Problem[];
}

/**
 * Checks a module's settings by the module's own schema, with its secrets in place.
 *
 * @param key the module's key in the file
 */
export async function checkModuleSettings(
  key: string,
  module: ModuleClass,
  written: Placed,
  store: SecretStore,
): Promise<CheckedSettings> {
  const { settings: schema, secrets = [] } = moduleDefinition(module);
  const base = ['modules', key];
  const empty = isNull(written) || (written.kind === 'map' && written.entries.size === 0);
  if (schema === undefined) {
    const problem = {
      place: written.place,
      path: formatPath(base),
      message: 'takes no settings: leave them out',
    };
    return { settings: undefined, problems: empty ? [] : [problem], warnings: [] };
  }
  const given: Placed = isNull(written) ? { kind: 'map', place: written.place, entries: new Map() } : written;
  const resolved = resolveSecrets(given, secrets, store, base);
  const inFile = fileSchemaOf(module);
  const unknown = inFile === undefined ? [] : unknownKeys(inFile, given, base);
  const settings = plain(resolved.root);
  const result = await schema['~standard'].validate(settings);
  const refused = problemsOf(result.issues ?? [], resolved.root, base, secrets);
  return {
    settings: isNull(written) ? undefined : settings,
    problems: firstOfEach(resolved.problems, unknown, refused),
    warnings: resolved.warnings,
  };
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
