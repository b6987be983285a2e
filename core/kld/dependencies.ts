import { KldError } from './errors.js';
import {
  isModuleClass,
  type ModuleClass,
  type ModuleDefinition,
  type ModuleReference,
  moduleDefinition,
} from './module.js';
import { Optional } from './optional.js';

/**
 * What an entry of `depends` stands for: a class, or the name of a module that must be loaded already.
 *
 * @throws KldError EDEPEND for anything else
 */
export function resolveReference(by: string, entry: ModuleReference): ModuleClass | string {
  const reference = entry instanceof Optional ? entry.reference : entry;
  if (typeof reference === 'string' || isModuleClass(reference)) return reference;
  const module = typeof reference === 'function' ? (reference as () => unknown)() : reference;
  if (isModuleClass(module)) return module;
  throw new KldError(
    'EDEPEND',
    `${by} depends on something that is no module (${String(module)}); where files import each other, write depends: [() => TheModule]`,
  );
}

/**
 * Looks for circles before anything is loaded: two loads that each wait for a part of a circle would otherwise wait
 * for each other, and neither would see why.
 *
 * @throws KldError ELOOP naming the circle
 */
export function assertNoCircle(
  module: ModuleClass,
  path: readonly string[] = [],
  clear = new Set<ModuleClass>(),
): void {
  const { name, depends = [] } = moduleDefinition(module);
  const here = [...path, name];
  if (path.includes(name)) {
    throw new KldError('ELOOP', `modules depend on each other in a circle: ${here.join(' -> ')}`);
  }
  for (const reference of depends) {
    const dependency = resolveReference(name, reference);
    if (typeof dependency !== 'string' && !clear.has(dependency)) assertNoCircle(dependency, here, clear);
  }
  clear.add(module);
}

/** The modules that are used if they are there: classes, and names. @throws KldError EDEPEND */
export function optionalDependencies({ name, depends = [] }: ModuleDefinition): (ModuleClass | string)[] {
  return depends
    .filter((reference) => reference instanceof Optional)
    .map((reference) => resolveReference(name, reference));
}

/** The names of those. @throws KldError EDEPEND */
export function optionalNames(definition: ModuleDefinition): string[] {
  return optionalDependencies(definition).map(nameOf);
}

/** The names of the modules that must be loaded before it. @throws KldError EDEPEND */
export function requiredNames({ name, depends = [] }: ModuleDefinition): string[] {
  return depends
    .filter((reference) => !(reference instanceof Optional))
    .map((reference) => nameOf(resolveReference(name, reference)));
}

function nameOf(module: ModuleClass | string): string {
  return typeof module === 'string' ? module : moduleDefinition(module).name;
}
