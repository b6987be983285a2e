import type { ModuleRegistry } from '../registry.js';
import type { Placed } from '../source/index.js';

/** What a key of `modules:` stands for. */
export interface Named {
  /** The short name, path or package to find the module by. */
  readonly from: string;
  /** The instance's name, where the key is that. */
  readonly as: string | undefined;
  /** The settings beside it. */
  readonly settings: Placed;
}

/**
 * Reads `night-pager: {module: ./pager.js, …}`: the key names an instance, and `module` says of what. A short name or a path
 * as the key stands for a module of its own, which may have a setting called `module`.
 */
export function takeInstance(key: string, written: Placed, registry: ModuleRegistry): Named {
  const plainly = { from: key, as: undefined, settings: written };
  if (written.kind !== 'map' || key.includes('/') || Object.hasOwn(registry, key)) return plainly;
  const module = written.entries.get('module')?.value;
  if (module?.kind !== 'scalar' || typeof module.value !== 'string') return plainly;
  const entries = new Map([...written.entries].filter(([name]) => name !== 'module'));
  const nothing: Placed = { kind: 'scalar', place: written.place, value: null, source: '' };
  const settings = entries.size === 0 ? nothing : { ...written, entries };
  return { from: module.value, as: key, settings };
}
