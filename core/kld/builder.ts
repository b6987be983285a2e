import {
  type Class,
  construct,
  createContainer,
  type DependencyContainer,
  type InjectionToken,
  injectedTokens,
  provide,
  provideNothing,
} from '../di.js';
import { eventHandlersOf } from '../eventhandler/index.js';
import type { Json } from '../json.js';
import { Log } from '../log/index.js';
import { Clock } from '../time/index.js';
import { optionalDependencies } from './dependencies.js';
import { KldError, moduleFailure } from './errors.js';
import { takeOver } from './handover.js';
import type { LinkerFile } from './linker-file.js';
import { isModuleClass, type ModuleEnd, moduleDefinition } from './module.js';
import { Patience } from './patience.js';
import { Scope, type ScopeServices } from './scope.js';
import { parseSettings } from './settings.js';
import type { Stage } from './stage.js';
import { SETTINGS } from './tokens.js';

/** What every module's `stop` may take, in milliseconds, however late the shutdown is already. */
const MIN_STOP_MS = 100;
/** How long whoever loads a module waits, when its start has failed, for what that has begun: less than a step of a reload. */
const MAX_CLOSE_MS = 5_000;

/** How a module is built in the place of another version. */
export interface BuildOptions {
  /** The state of its predecessor. */
  readonly state?: Json | undefined;
  /** Its predecessor is at work. */
  readonly stage?: Stage | undefined;
}

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

  /**
   * Fills in the file's scope and instance, started and with its handlers registered; or leaves nothing behind.
   *
   * @throws KldError with the module's name, whatever failed
   */
  async build(file: LinkerFile, { state, stage }: BuildOptions = {}): Promise<void> {
    await this.check(file);
    const { clock } = this.#services;
    const began = clock.now();
    const scope = new Scope(file.name, this.#services, { stage });
    file.scope = scope;
    let step = 'its constructor';
    try {
      file.instance = this.#construct(file, scope);
      await takeOver(file.name, file.instance, state);
      step = 'its start';
      await file.instance.start?.();
      registerHandlers(file, scope);
      file.since = clock.wallTime();
      file.loadMs = clock.now() - began;
    } catch (error) {
      // One with a predecessor, which goes on, takes nothing away.
      void scope.closeHandlers(state === undefined ? 'unload' : 'replace').catch(() => {});
      await this.#close(scope);
      throw moduleFailure(file.name, step, 'ESTART', error);
    }
  }

  /** Of a module whose start has failed. What does not end is left behind: the reason of the failure is news. */
  async #close(scope: Scope): Promise<void> {
    const { clock, log } = this.#services;
    const patience = new Patience(clock, scope.name);
    patience.until(clock.now() + MAX_CLOSE_MS);
    await scope.closeWithin(patience).catch(() => {});
    const left = patience.left.join(', ');
    if (left !== '') log.warning(`${scope.name}: its start failed, and left ${left} behind`);
  }

  /**
   * Checks its settings, and what its constructor injects. Nothing is built.
   * @throws KldError EDEPEND, ESETTINGS
   */
  async check(file: LinkerFile): Promise<void> {
    assertNamed(file);
    file.settings = await parseSettings(file.name, file.definition.settings, file.given.settings);
  }

  /**
   * Handlers first, then `stop`, then all else; each is begun whatever became of the one before.
   *
   * @param patience how long they are waited for
   * @throws KldError with the module's name, and the first error as its cause
   */
  async demolish(
    file: LinkerFile,
    patience = new Patience(this.#services.clock, file.name),
    end: ModuleEnd = 'unload',
  ): Promise<void> {
    const { name, scope, instance } = file;
    const errors: unknown[] = [];
    const collect = (step: string, code: string) => (error: unknown) =>
      void errors.push(moduleFailure(name, step, code, error));
    await patience.wait('its handlers', scope!.closeHandlers(end));
    await scope!.endTasks(patience);
    file.stopped ??= (async () => instance.stop?.(end))();
    await patience.wait('its stop', file.stopped, MIN_STOP_MS).catch(collect('its stop', 'ESTOP'));
    await scope!.closeWithin(patience).catch(collect('giving back what it held', 'ECLOSE'));
    if (errors.length > 0) throw errors[0];
  }

  #construct(file: LinkerFile, scope: Scope): object {
    const container = this.#kernelContainer.createChildContainer();
    provide(container, Scope, scope);
    provide(container, Clock, scope.clock);
    provide(container, Log, this.#services.log.child(file.name));
    provide(container, SETTINGS, file.settings);
    for (const module of optionalDependencies(file.definition))
      if (typeof module !== 'string') provideNothing(container, module);
    for (const [token, { instance }] of file.known) provide(container, token, instance);
    scope.own({ [Symbol.asyncDispose]: async () => container.clearInstances() });
    assertProvided(file, container);
    return construct(container, file.implementation);
  }
}

/** tsyringe would build an undeclared module a second time, and inject undefined for an unnamed parameter. */
function assertNamed({ name, implementation: module, known, definition }: LinkerFile): void {
  const mayLack = optionalDependencies(definition);
  const tokens = injectedTokens(module);
  const count = Math.max(module.length, ...[...tokens.keys()].map((index) => index + 1));
  for (let i = 0; i < count; i++) {
    const token = tokens.get(i);
    if (token === undefined) {
      throw new KldError(
        'EDEPEND',
        `${name}: parameter ${i + 1} of ${module.name}'s constructor needs @inject(…)`,
        { module: name },
      );
    }
    if (!isModuleClass(token) || known.has(token) || mayLack.includes(token)) continue;
    const wanted = moduleDefinition(token).name;
    throw new KldError(
      'EDEPEND',
      `${name} injects ${wanted} but does not name it: add ${token.name} to depends`,
      { module: name },
    );
  }
}

function tokenName(token: InjectionToken): string {
  return typeof token === 'symbol' || typeof token === 'string' ? String(token) : 'a token';
}

/** tsyringe would not name the module. An unregistered class is no error: tsyringe builds it. */
function assertProvided({ name, implementation: module }: LinkerFile, container: DependencyContainer): void {
  for (const [index, token] of injectedTokens(module)) {
    if (container.isRegistered(token, true)) continue;
    if (typeof token === 'function') {
      assertNamedBelow(name, token as Class, container);
      continue;
    }
    throw new KldError(
      'EDEPEND',
      `${name}: parameter ${index + 1} of ${module.name}'s constructor injects ${tokenName(token)}, which nothing provides`,
      { module: name },
    );
  }
}

/** What a class injects that tsyringe builds for the module: a module among it would be built a second time. */
function assertNamedBelow(name: string, cls: Class, container: DependencyContainer): void {
  for (const token of injectedTokens(cls).values()) {
    if (typeof token !== 'function' || container.isRegistered(token, true)) continue;
    if (isModuleClass(token)) {
      const wanted = moduleDefinition(token).name;
      throw new KldError(
        'EDEPEND',
        `${name} injects ${cls.name}, which injects ${wanted}, but does not name that: add ${token.name} to depends`,
        { module: name },
      );
    }
    assertNamedBelow(name, token as Class, container);
  }
}

/** Binds the methods that `@EventHandler` marked; the names show up in introspection as `pager.onState`. */
function registerHandlers({ name, implementation: module, instance }: LinkerFile, scope: Scope): void {
  const methods = instance as unknown as Record<PropertyKey, (...args: unknown[]) => unknown>;
  for (const { name: event, key, priority, serial, timeout } of eventHandlersOf(module)) {
    scope.attach(event, {
      handler: methods[key]!.bind(instance),
      priority,
      serial,
      timeout,
      name: `${name}.${String(key)}`,
    });
  }
}
