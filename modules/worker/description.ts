import {
  isModuleClass,
  type ModuleClass,
  type ModuleReference,
  moduleDefinition,
  Optional,
} from '../../core/index.js';
import type { Description } from './protocol.js';

/** Lifecycle methods that a stand-in has only if the module has them. */
const OPTIONAL = ['quiesce', 'reconfigure', 'changes', 'handover'];

/** What a stand-in has to know of a class. */
export function descriptionOf(module: ModuleClass): Description {
  const { name, secrets = [], offers = [], follows = false, reload = 'beside' } = moduleDefinition(module);
  const members = module.prototype as Record<string, unknown>;
  const methods = OPTIONAL.filter((method) => typeof members[method] === 'function');
  return { name, depends: requiredBy(module).map(nameOf), secrets, offers, methods, follows, reload };
}

/** What the class depends on. Its optional dependencies are absent in another address space. */
export function requiredBy(module: ModuleClass): Required[] {
  const { depends = [] } = moduleDefinition(module);
  return depends.filter((reference): reference is Required => !(reference instanceof Optional));
}

type Required = Exclude<ModuleReference, Optional<unknown>>;

/** The class that an entry of `depends` stands for; undefined when it gives only a name. */
export function classOf(reference: Required): ModuleClass | undefined {
  if (typeof reference === 'string') return undefined;
  return isModuleClass(reference) ? reference : reference();
}

function nameOf(reference: Required): string {
  const module = classOf(reference);
  return module === undefined ? (reference as string) : moduleDefinition(module).name;
}
