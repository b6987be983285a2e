import { isModuleClass, type ModuleClass, moduleDefinition, Optional } from '../../../core/index.js';
import type { ModuleSetting } from '../configuration.js';

/**
 * The modules in the order of loading, with those added that they depend on: a module that the file gives settings
 * must be loaded by us, before anything else loads it without.
 */
export function inLoadingOrder(named: readonly ModuleSetting[]): ModuleSetting[] {
  const byName = new Map(named.map((each) => [each.name, each]));
  const ordered = new Map<string, ModuleSetting>();
  const visiting = new Set<string>();
  const visit = (setting: ModuleSetting): void => {
    if (ordered.has(setting.name) || visiting.has(setting.name)) return;
    visiting.add(setting.name);
    for (const dependency of dependencies(setting.module)) {
      const { name, module, isOptional } = dependency;
      const wanted = byName.get(name) ?? (module && !isOptional && { name, module, ...UNNAMED });
      if (wanted) visit(wanted);
    }
    ordered.set(setting.name, setting);
  };
  for (const setting of named) visit(setting);
  return [...ordered.values()];
}

const UNNAMED = { settings: undefined, checked: undefined, source: undefined, place: undefined };

/** What a class names in `depends`; a bare name stands for a module that is loaded by somebody. */
export function dependencies(
  module: ModuleClass,
): { name: string; module?: ModuleClass; isOptional: boolean }[] {
  return (moduleDefinition(module).depends ?? []).map((entry) => {
    const isOptional = entry instanceof Optional;
    const reference = isOptional ? entry.reference : entry;
    if (typeof reference === 'string') return { name: reference, isOptional };
    const found = isModuleClass(reference) ? reference : reference();
    return { name: moduleDefinition(found).name, module: found, isOptional };
  });
}
