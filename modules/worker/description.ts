import { isModuleClass, type ModuleClass, type ModuleReference, moduleDefinition } from '../../core/index.js';
import type { Description } from './protocol.js';

/** Lifecycle methods that a stand-in has only if the module has them. */
const OPTIONAL = ['quiesce', 'reconfigure', 'changes', 'handover'];

/** What a stand-in has to know of a class. */
export function descriptionOf(module: ModuleClass): Description {
  const { name, depends = [], secrets = [], offers = [] } = moduleDefinition(module);
  const members = module.prototype as Record<string, unknown>;
  const methods = OPTIONAL.filter((method) => typeof members[method] === 'function');
  return { name, depends: depends.map(nameOf), secrets, offers, methods };
}

/** The class that an entry of `depends` stands for; undefined when it gives only a name. */
export function classOf(reference: ModuleReference): ModuleClass | undefined {
  if (typeof reference === 'string') return undefined;
  return isModuleClass(reference) ? reference : (reference as () => ModuleClass)();
}

function nameOf(reference: ModuleReference): string {
  const module = classOf(reference);
  return module === undefined ? (reference as string) : moduleDefinition(module).name;
}
