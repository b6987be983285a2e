/**
 * @module
 * How a kernel is put together, and how it ends.
 *
 * Shutting down goes through the phases of reboot(9): `shutdown_pre_sync`, `shutdown_post_sync`, `shutdown_final`,
 * each awaited in priority order, all within one deadline; then every module is unloaded, dependents first, within
 * another, also after a phase whose dispatch had to be stopped.
 */
import { provide } from './di.js';
import { EventHandlerRegistry, type EventHandlerRegistryOptions } from './eventhandler/index.js';
import { Faults, type KernelFault } from './faults.js';
import { inspectSysctl, type KernelInspection } from './inspection.js';
import type { Json } from './json.js';
import { Keepsakes } from './keepsakes.js';
import { ModuleBuilder } from './kld/builder.js';
import {
  type Isolate,
  Isolations,
  KldError,
  type LinkerFile,
  type LoadArguments,
  type LoadOptions,
  type ModuleClass,
  type ModuleImporter,
  type ModuleOffers,
  RANDOM,
  type Reloaded,
  type ReloadOptions,
  type RunningModule,
} from './kld/index.js';
import type { KernelParts } from './kld/isolation.js';
import { Linker } from './kld/linker.js';
import type { ModuleInfo } from './kld/linker-file.js';
import { moduleName } from './kld/loader.js';
import { importFrom, locateModule, whereabouts } from './kld/locate.js';
import { ModuleTable } from './kld/module-table.js';
import { Scope } from './kld/scope.js';
import type { UnloadOptions } from './kld/unloader.js';
import { Log, type LogSink, MessageBuffer } from './log/index.js';
import { addProviders, type Provider } from './providers.js';
import { type Random, systemRandom } from './random.js';
import { SHUTDOWN_PHASES, type ShutdownHowto } from './shutdown.js';
import { forgetful, guarded, STORE, type StateStore } from './store.js';
import { type ModuleStates, Succession } from './succession.js';
import { Sysctl, type SysctlInt } from './sysctl/index.js';
import { type CalloutOwner, type Clock, SystemClock } from './time/index.js';
import { Verbs } from './verb/index.js';

/** What a kernel is made of; everything has a default. */
export interface KernelOptions {
  /** Default: the machine's monotonic clock. */
  clock?: Clock;
  /** Default: the platform's cryptographic generator. */
  random?: Random;
  /** Where log records go; default: nowhere. */
  log?: LogSink;
  /** Where modules keep what must survive a restart of the host; default: nowhere. */
  store?: StateStore;
  /** The host's name, for logs and demonstrations; default `carpet`. */
  name?: string;
  /** The URL from which `load('./path.js')` starts, usually `import.meta.url`. */
  base?: string;
  /**
   * Imports what `load('…')` names; `(specifier) => import(specifier)` finds packages and paths as the file does in
   * which it is written. Default: paths from `base` on, packages from where carpet itself is installed. To reload code
   * from files it takes an importer that can import them anew: `importerFrom` of `carpet-kernel/importer`.
   */
  import?: ModuleImporter;
  /**
   * Receives what handlers and callouts of modules throw. Default: an error in the log, under the module's name, once a
   * minute for each handler. Either way they are counted (sysctls `kern.handler_errors`, `kern.callout_errors`), and end
   * the process if `kern.panic_on_handler_error` is set.
   */
  onError?: (error: KernelFault) => void;
  /** What the modules of a predecessor have handed over: this kernel stands by until {@link Succession.begin}. */
  predecessor?: ModuleStates;
  /** What can be injected besides the kernel's own: `[provider(DATABASE, { useValue: database })]`. */
  provide?: readonly Provider[];
  /** Modules that are built instead of others, `[[CarpModule, FakeCarp]]`, and injected where those are. */
  override?: readonly (readonly [ModuleClass, ModuleClass])[];
  /** @internal Parts that a kernel in another address space has of its own kind. */
  parts?: KernelParts;
}

/** How long a load or an unload may take before a log line says so. */
const LONG_WAIT_MS = 10_000;

/**
 * One kernel: the event-handler registry, the clock, the sysctl tree, the log, the source of randomness, and the modules
 * that were loaded into them. It owns all of it and shares nothing with other kernels, so that ten of them can live in
 * one process, each a host on a virtual LAN.
 */
export class Kernel implements AsyncDisposable {
  readonly name: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** The newest log records. */
  readonly messages = new MessageBuffer();
  readonly sysctl: Sysctl;
  /** What this kernel and its modules can be asked to do from outside. */
  readonly verbs: Verbs;
  /** What can give a module an address space of its own. */
  readonly isolations = new Isolations();
  readonly eventhandler: EventHandlerRegistry;
  /** This kernel's part when one process takes the place of another. */
  readonly succession: Succession;
  readonly #linker: Linker;
  readonly #import: ModuleImporter;
  readonly #base: string | undefined;
  readonly #shutdownTimeout: SysctlInt;
  readonly #faults: Faults;
  #shutdown: Promise<readonly string[]> | undefined;

  constructor(options: KernelOptions = {}) {
    this.name = options.name ?? 'carpet';
    this.clock = options.clock ?? new SystemClock();
    this.random = options.random ?? systemRandom();
    this.sysctl = options.parts?.sysctl ?? new Sysctl();
    this.verbs = options.parts?.verbs ?? new Verbs();
    const sink = options.log;
    this.log = new Log((record) => {
      this.messages.add(record);
      sink?.(record);
    }, this.clock);
    this.#faults = new Faults(this.log, this.sysctl, options.onError);
    const policy: EventHandlerRegistryOptions = {
      onError: (error) => this.report(error),
      warn: (message) => this.log.warning(message),
      callout: (name, fn) => this.clock.callout(name, fn, this),
    };
    this.eventhandler = options.parts?.eventhandler(policy) ?? new EventHandlerRegistry(policy);
    this.#base = options.base;
    this.#import = options.import ?? ((specifier, how) => importFrom(specifier, options.base, how));
    this.#shutdownTimeout = this.sysctl.int('kern.shutdown.timeout', {
      description: 'how long shutdown handlers may take in all, in milliseconds',
      value: 10_000,
      min: 0,
    });
    const table = new ModuleTable((what) => this.#watch(what));
    const { eventhandler, clock, sysctl, log } = this;
    this.succession = new Succession(table, eventhandler, options.predecessor);
    const keepsakes = new Keepsakes();
    const builder = new ModuleBuilder(this, (container) => {
      provide(container, Kernel, this);
      provide(container, EventHandlerRegistry, this.eventhandler);
      provide(container, Sysctl, this.sysctl);
      provide(container, Verbs, this.verbs);
      provide(container, RANDOM, this.random);
      provide(container, STORE, options.store === undefined ? forgetful : guarded(options.store, log));
      provide(container, Succession, this.succession);
      provide(container, Keepsakes, keepsakes);
      addProviders(container, options.provide ?? []);
    });
    const hold = (what: string): Disposable => this.succession.hold(what);
    const services = { eventhandler, builder, table, clock, sysctl, hold, warn: log.warning.bind(log) };
    const inherited = (name: string) => this.succession.inherited(name);
    this.#linker = new Linker({ ...services, inherited, overrides: new Map(options.override) });
  }

  /**
   * kldload(8): loads a module and, before it, what it depends on.
   *
   * @param module a class decorated with `@Module`, or where to find one: a package, a URL, or a path from `base` on
   * @param settings checked against the module's schema
   * @returns the module's instance
   * @throws KldError see its codes
   */
  load(module: string, settings?: unknown, options?: LoadOptions): Promise<object>;
  load(
    module: ModuleClass,
    settings: unknown,
    options: LoadOptions & { readonly isolate: Isolate | undefined },
  ): Promise<object>;
  load<M extends ModuleClass>(
    module: M,
    ...settings: LoadArguments<M, Omit<LoadOptions, 'isolate'>>
  ): Promise<M extends ModuleClass<infer T> ? T : never>;
  async load(module: ModuleClass | string, settings?: unknown, options?: LoadOptions): Promise<object> {
    const source = typeof module === 'string' ? module : undefined;
    const found = this.#locate(module, options);
    // A class at hand is held at once: what is unloaded in the next turn must find its dependents.
    return this.#linker.load(found instanceof Promise ? await found : found, settings, {
      source,
      ...options,
    });
  }

  /**
   * Replaces a loaded module by a newer version while it runs, with the settings that it has. The modules that depend on
   * it are stopped before and started again after. State goes over where both versions can hand it over.
   *
   * @param module the name of a module that was loaded from a file, which is imported anew with what it imports from its
   *   own folder; or the newer class
   * @throws KldError as `load` and `unload` do, ETIMEDOUT when a step takes too long; the old version is at work then
   */
  async reload(module: ModuleClass | string, options?: ReloadOptions): Promise<Reloaded> {
    const newest = async ({ name, given, module: now }: LinkerFile): Promise<ModuleClass> => {
      const { source, isolate } = given;
      if (isolate !== undefined)
        return typeof module === 'string' ? this.isolations.renew(isolate, now) : this.#locate(module, given);
      if (typeof module !== 'string') return module;
      if (source !== undefined) return locateModule(source, this.#import, true);
      const message = `${name} was loaded by its class, not from a file: give reload the newer class`;
      throw new KldError('EOPNOTSUPP', message, { module: name });
    };
    return this.#linker.reload(options?.as ?? moduleName(module), newest, options);
  }

  /**
   * Asks a loaded module for its state, for a successor in another process: that one loads the module with
   * `{ state }`, and this one goes down with `shutdown('replace')`. Until then nothing has changed.
   *
   * @returns undefined when the module has no `handover`
   * @throws KldError ENOENT; EHANDOVER when its `handover` fails
   */
  async handover(module: ModuleClass | string): Promise<Json | undefined> {
    return this.#linker.loader.handover(moduleName(module));
  }

  /**
   * Gives back one load by name. Where `unload` refuses because other modules depend on this one, it stays for them and
   * is unloaded with the last.
   *
   * @throws KldError EBUSY when vetoed, or when no load by name is left; ENOENT
   */
  release(module: ModuleClass | string): Promise<void> {
    return this.#linker.release(moduleName(module));
  }

  /**
   * kldunload(8).
   *
   * @throws KldError EBUSY when in use or vetoed (nothing has changed then), ENOENT, ETIMEDOUT (see {@link UnloadOptions});
   *   what its `stop` threw, when the module has gone all the same
   */
  unload(module: ModuleClass | string, options?: UnloadOptions): Promise<void> {
    return this.#linker.unload(moduleName(module), options);
  }

  /**
   * Gives a loaded module other settings while it runs, whole or not at all.
   *
   * @throws KldError ENOENT; ESETTINGS when they do not fit; EOPNOTSUPP when it has no `reconfigure`; and what that
   *   throws
   */
  async reconfigure(module: ModuleClass | string, settings?: unknown): Promise<void> {
    await this.#linker.reconfigure(moduleName(module), settings);
  }

  /** @internal What a loaded module was given last, secrets among it: `reconfigure` puts it back. @throws KldError ENOENT */
  settings(module: ModuleClass | string): unknown {
    return this.#linker.loader.settings(moduleName(module));
  }

  /**
   * What `reconfigure` would change in a loaded module, one line each; undefined when it cannot say.
   *
   * @throws KldError ENOENT, ESETTINGS
   */
  async changes(module: ModuleClass | string, settings?: unknown): Promise<readonly string[] | undefined> {
    return this.#linker.loader.changes(moduleName(module), settings);
  }

  /** What a loaded module offers to modules in other address spaces. @throws KldError ENOENT */
  offers(module: ModuleClass | string): ModuleOffers {
    return this.#linker.loader.offers(moduleName(module));
  }

  /**
   * A loaded module's instance.
   *
   * @param as its name, where the module is loaded more than once
   * @throws KldError ENOENT
   */
  get<T extends object>(module: ModuleClass<T>, as?: string): T {
    return this.#linker.loader.get(module, as);
  }

  /** Whether the module, or its instance of that name, is loaded from this class, or from newer code of the same module. */
  has(module: ModuleClass, as?: string): boolean {
    return this.#linker.loader.has(module, as);
  }

  /** @internal The modules that were loaded from files and packages, with the code that they run. */
  running(): RunningModule[] {
    return this.#linker.loader.running();
  }

  /** kldstat(8): the loaded modules, dependencies before their dependents. */
  modules(): ModuleInfo[] {
    return this.#linker.loader.modules();
  }

  /**
   * Everything that can be seen of this kernel now, as plain data: modules with their settings (without secrets), event
   * lists, armed callouts, sysctls. For a look inside when something goes wrong; nothing is changed by it.
   */
  inspect(): KernelInspection {
    return {
      name: this.name,
      now: this.clock.now(),
      time: this.clock.wallTime(),
      modules: this.#linker.loader.inspect(),
      lists: this.eventhandler.lists(),
      callouts: this.clock.callouts((owner) => this.#mayOwn(owner)),
      sysctls: this.sysctl.list().map(inspectSysctl),
    };
  }

  /** Kernels may share a clock: what belongs to another one is left out. */
  #mayOwn(owner: CalloutOwner | undefined): boolean {
    return owner === undefined || owner === this || (owner instanceof Scope && owner.isOf(this));
  }

  /**
   * Counts and reports an error of a module that no caller waits for, as {@link KernelOptions.onError} says. Errors of
   * handlers and callouts are reported by themselves.
   */
  report(error: KernelFault): void {
    this.#faults.report(error);
  }

  /**
   * Runs the shutdown handlers, then unloads all modules. Idempotent: every call gets the same promise.
   *
   * Handlers that take longer than the sysctl kern.shutdown.timeout in all are left behind, with a log line; so is what
   * modules do not end within as long again. Their scopes are closed all the same.
   *
   * @returns the modules of which something was left behind: a process with any does not end by itself
   * @throws what their `stop` threw, when all of them are down
   */
  shutdown(howto: ShutdownHowto = 'halt'): Promise<readonly string[]> {
    this.#shutdown ??= this.#runShutdown(howto);
    return this.#shutdown;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.shutdown();
  }

  /** The class to load. A file whose module runs in another address space is not imported here. */
  #locate(module: ModuleClass | string, options?: LoadOptions): ModuleClass | Promise<ModuleClass> {
    if (options?.isolate !== undefined) return this.#standIn(module, options.isolate);
    if (typeof module !== 'string') return module;
    return locateModule(module, this.#import, options?.current === true && 'changed');
  }

  async #standIn(module: ModuleClass | string, isolate: Isolate): Promise<ModuleClass> {
    return this.isolations.standIn(isolate, await whereabouts(module, this.#import, this.#base));
  }

  async #runShutdown(howto: ShutdownHowto): Promise<readonly string[]> {
    const phase = { name: '' };
    const inTime = await this.#within(this.#shutdownTimeout.value, async (expired) => {
      for (const name of SHUTDOWN_PHASES) {
        if (expired()) return;
        phase.name = name;
        const stopped = (error: Error): void => this.log.error(error.message);
        await this.eventhandler.invokeAsync(name, howto).catch(stopped);
      }
    });
    if (!inTime) this.log.warning(`shutdown: ${phase.name} handlers took too long and were left behind`);
    const deadline = this.clock.now() + this.#shutdownTimeout.value;
    const end = howto === 'replace' ? 'replace' : 'unload';
    const { left, errors } = await this.#linker.loader.unloadAll(deadline, end);
    if (left.length > 0)
      this.log.warning(`shutdown: left behind, since they took too long: ${left.join('; ')}`);
    if (errors.length > 0) throw errors.length === 1 ? errors[0] : new AggregateError(errors);
    return left;
  }

  /** @returns whether `work` ended within `ms` of the kernel's clock */
  async #within(ms: number, work: (expired: () => boolean) => Promise<unknown>): Promise<boolean> {
    let late = false;
    let expire = (): void => {};
    const deadline = new Promise<void>((resolve) => {
      expire = resolve;
    });
    using _callout = this.#armed('shutdown deadline', ms, () => {
      late = true;
      expire();
    });
    await Promise.race([work(() => late), deadline]);
    return !late;
  }

  /** Warns when something takes long, and names it. */
  #watch(what: string): Disposable {
    return this.#armed(`${what} watch`, LONG_WAIT_MS, () => {
      this.log.warning(`${what} still goes on after ${LONG_WAIT_MS / 1000} s`);
    });
  }

  #armed(name: string, ms: number, fn: () => void): Disposable {
    const callout = this.clock.callout(name, fn, this);
    callout.reset(ms);
    return callout;
  }
}
