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
  load(module: ModuleClass, settings: unknown, options: LoadOptions): Promise<object> {
    const name = options.as ?? moduleName(module);
    return this.#during('loading', name, () => this.loader.load(module, settings, options));
  }

  /** See {@link ModuleReloader.reload}. */
  reload(
    name: string,
    newest: (old: LinkerFile) => Promise<ModuleClass>,
    options?: ReloadOptions,
  ): Promise<Reloaded> {
    return this.#during('reloading', name, () => this.#reloader.reload(name, newest, options));
  }

  /** See {@link ModuleLoader.reconfigure}. */
  reconfigure(name: string, settings: unknown): Promise<void> {
    return this.#during('reconfiguring', name, () => this.loader.reconfigure(name, settings));
  }

  /** See {@link ModuleUnloader.unload}. */
  unload(name: string, options?: UnloadOptions): Promise<void> {
    return this.#during('unloading', name, () => this.#unloader.unload(name, options));
  }

  /** See {@link ModuleUnloader.release}. */
  release(name: string): Promise<void> {
    return this.#during('unloading', name, () => this.#unloader.release(name));
  }

  /**
   * Does it, and brings followers in line whatever became of it: what was under way with one has ended. No successor takes
   * over in the middle of that.
   * @throws CarpetError EAGAIN while one prepares
   */
  async #during<T>(action: string, name: string, work: () => Promise<T>): Promise<T> {
    using _hold = this.#hold(`${action} ${name} has not ended`);
    try {
      return await work();
    } finally {
      await this.#followers.catchUp();
    }
  }
}
