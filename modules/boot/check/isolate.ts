import { type Isolate, type ModuleClass, moduleDefinition } from '../../../core/index.js';
import { jsonSchemaOf } from '../../json-schema/index.js';
import type { Problem } from '../problem.js';
import { type Placed, plain } from '../source/index.js';
import { problemsOf } from './issues.js';

/** What stands beside a module's own settings. */
export interface Isolated {
  readonly isolate: Isolate | undefined;
  /** The module's own settings. */
  readonly settings: Placed;
  readonly problems: readonly Problem[];
}

/**
 * Takes `isolate:` out of a module's settings, unless the module has a setting of that name itself.
 *
 * @param key the module's key in the file
 */
export async function takeIsolate(key: string, module: ModuleClass, written: Placed): Promise<Isolated> {
  const entry = written.kind === 'map' ? written.entries.get('isolate') : undefined;
  if (written.kind !== 'map' || entry === undefined || hasOwn(module))
    return { isolate: undefined, settings: written, problems: [] };
  const { isolateSchema } = await import('../../worker/index.js');
  const result = await isolateSchema['~standard'].validate(plain(entry.value));
  const problems = problemsOf(result.issues ?? [], entry.value, ['modules', key, 'isolate']);
  const entries = new Map([...written.entries].filter(([name]) => name !== 'isolate'));
  const nothing: Placed = { kind: 'scalar', place: written.place, value: null, source: '' };
  return {
    isolate: result.issues === undefined ? (plain(entry.value) as Isolate) : undefined,
    settings: entries.size === 0 ? nothing : { ...written, entries },
    problems,
  };
}

function hasOwn(module: ModuleClass): boolean {
  const { settings } = moduleDefinition(module);
  return settings !== undefined && jsonSchemaOf(settings)?.properties?.['isolate'] !== undefined;
}
