import {
  type Class,
  construct,
  createContainer,
  type DependencyContainer,
  injectedTokens,
  provide,
} from '../di.js';
import { eventHandlersOf } from '../eventhandler/index.js';
import { Log } from '../log/index.js';
import { Clock } from '../time/index.js';
import { KldError } from './errors.js';
import type { LinkerFile } from './linker-file.js';
import { isModuleClass, moduleDefinition } from './module.js';
import { Scope, type ScopeServices } from './scope.js';
import { parseSettings } from './settings.js';
import { SETTINGS } from './tokens.js';

/** Builds a module's instance in a container and a scope of its own, and takes it down again. */
export class ModuleBuilder {
  readonly #services: ScopeServices & { readonly log: Log };
  readonly #kernelContainer: DependencyContainer;

  /** @param provideServices registers what every module may inject */
  constructor(
    services: ScopeServices & { readonly log: Log },
    provideServices: (container: DependencyContainer) => void,
  ) {
    this.#services = services;
    this.#kernelContainer = createContainer();
    provideServices(this.#kernelContainer);
  }

  /** Fills in the file's scope and instance, started and with its handlers registered; or leaves nothing behind. */
  async build(file: LinkerFile, written: unknown): Promise<void> {
    assertInjectable(file);
    const settings = await parseSettings(file.name, file.definition.settings, written);
    const { clock } = this.#services;
    const began = clock.now();
    const scope = new Scope(file.name, this.#services);
    try {
      file.scope = scope;
      file.settings = settings;
      file.instance = this.#construct(file, settings);
      await file.instance.start?.();
      registerHandlers(file);
      file.since = clock.wallTime();
      file.loadMs = clock.now() - began;
    } catch (error) {
      await scope.close().catch(() => {});
      throw error;
    }
  }

  /** Handlers first, then `stop`, then all else; the scope is closed even when `stop` throws. */
  async demolish(file: LinkerFile): Promise<void> {
    await file.scope.closeHandlers();
    try {
      await file.instance.stop?.();
    } finally {
      await file.scope.close();
    }
  }

  #construct(file: LinkerFile, settings: unknown): object {
    const container = this.#kernelContainer.createChildContainer();
    provide(container, Scope, file.scope);
    provide(container, Clock, file.scope.clock);
    provide(container, Log, this.#services.log.child(file.name));
    provide(container, SETTINGS, settings);
    for (const { module, instance } of file.dependencies) provide(container, module, instance);
    file.scope.own({ [Symbol.asyncDispose]: async () => container.clearInstances() });
    return construct(container, file.module);
  }
}

/** tsyringe would build an undeclared module a second time, and inject undefined for an unnamed parameter. */
function assertInjectable({ name, module, dependencies }: LinkerFile): void {
  const tokens = injectedTokens(module);
  const count = Math.max(module.length, ...[...tokens.keys()].map((index) => index + 1));
  for (let i = 0; i < count; i++) {
    const token = tokens.get(i);
    if (token === undefined) {
      throw new KldError(
        'EDEPEND',
        `${name}: parameter ${i + 1} of ${module.name}'s constructor needs @inject(…)`,
      );
    }
    if (!isModuleClass(token) || dependencies.some((file) => file.module === (token as unknown))) continue;
    const wanted = moduleDefinition(token as Class).name;
    throw new KldError(
      'EDEPEND',
      `${name} injects ${wanted} but does not name it: add ${token.name} to depends`,
    );
  }
}

/** Binds the methods that `@EventHandler` marked; the names show up in introspection as `pager.onState`. */
function registerHandlers({ name, module, instance, scope }: LinkerFile): void {
  const methods = instance as unknown as Record<PropertyKey, (...args: unknown[]) => unknown>;
  for (const { name: event, key, priority } of eventHandlersOf(module)) {
    scope.attach(event, {
      handler: (...args: unknown[]) => methods[key]!(...args),
      priority,
      name: `${name}.${String(key)}`,
    });
  }
}
