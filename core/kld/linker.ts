import type { Sysctl } from '../sysctl/index.js';
import { Followers } from './followers.js';
import type { LinkerFile } from './linker-file.js';
import type { LoadOptions, Reloaded, ReloadOptions } from './load-options.js';
import { ModuleLoader, type ModuleLoaderServices, moduleName } from './loader.js';
import type { ModuleClass } from './module.js';
import { ParkedModules } from './parked.js';
import { ModuleReloader } from './reloader.js';
import { ModuleUnloader, type ModuleUnloaderServices, type UnloadOptions } from './unloader.js';

/** What loading, reloading and unloading need. */
export interface LinkerServices
  extends Omit<ModuleLoaderServices, 'unloader'>,
    Omit<ModuleUnloaderServices, 'parked'> {
  readonly sysctl: Sysctl;
  /** See `Succession.hold`. */
  readonly hold: (what: string) => Disposable;
}

/** kern_linker.c: the parts that load, reload and unload modules, and followers brought in line after each. */
export class Linker {
  readonly loader: ModuleLoader;
  readonly #reloader: ModuleReloader;
  readonly #unloader: ModuleUnloader;
  readonly #followers: Followers;
  readonly #hold: LinkerServices['hold'];

  constructor(services: LinkerServices) {
    const parked = new ParkedModules();
    const unloader = new ModuleUnloader({ ...services, parked });
    const loader = new ModuleLoader({ ...services, unloader });
    const reloader = new ModuleReloader({ ...services, loader, unloader });
    this.#unloader = unloader;
    this.loader = loader;
    this.#reloader = reloader;
    this.#hold = services.hold;
    const closed = (): boolean => unloader.closed;
    this.#followers = new Followers({ ...services, parked, loader, reloader, closed });
  }

  /** See {@link ModuleLoader.load}. */
  async load(module: ModuleClass, settings: unknown, options: LoadOptions): Promise<object> {
    using _hold = this.#begin('loading', options.as ?? moduleName(module));
    const instance = await this.loader.load(module, settings, options);
    await this.#followers.catchUp();
    return instance;
  }

  /** See {@link ModuleReloader.reload}. */
  async reload(
    name: string,
    newest: (old: LinkerFile) => Promise<ModuleClass>,
    options?: ReloadOptions,
  ): Promise<Reloaded> {
    using _hold = this.#begin('reloading', name);
    return await this.#reloader.reload(name, newest, options);
  }

  /** See {@link ModuleLoader.reconfigure}. */
  async reconfigure(name: string, settings: unknown): Promise<void> {
    using _hold = this.#begin('reconfiguring', name);
    await this.loader.reconfigure(name, settings);
  }

  /** See {@link ModuleUnloader.unload}. */
  async unload(name: string, options?: UnloadOptions): Promise<void> {
    using _hold = this.#begin('unloading', name);
    try {
      await this.#unloader.unload(name, options);
    } finally {
      await this.#followers.catchUp();
    }
  }

  /** See {@link ModuleUnloader.release}. */
  async release(name: string): Promise<void> {
    using _hold = this.#begin('unloading', name);
    try {
      await this.#unloader.release(name);
    } finally {
      await this.#followers.catchUp();
    }
  }

  /** No successor takes over in the middle of that. @throws CarpetError EBUSY while one prepares */
  #begin(action: string, name: string): Disposable {
    return this.#hold(`${action} ${name} has not ended`);
  }
}
