import type { Sysctl } from '../sysctl/index.js';
import { Followers } from './followers.js';
import type { LoadOptions } from './load-options.js';
import { ModuleLoader, type ModuleLoaderServices } from './loader.js';
import type { ModuleClass } from './module.js';
import { ParkedModules } from './parked.js';
import { ModuleReloader } from './reloader.js';
import { ModuleUnloader, type ModuleUnloaderServices, type UnloadOptions } from './unloader.js';

/** What loading, reloading and unloading need. */
export interface LinkerServices
  extends Omit<ModuleLoaderServices, 'unloader'>,
    Omit<ModuleUnloaderServices, 'parked'> {
  readonly sysctl: Sysctl;
}

/** kern_linker.c: the parts that load, reload and unload modules, and followers brought in line after each. */
export class Linker {
  readonly loader: ModuleLoader;
  readonly reloader: ModuleReloader;
  readonly #unloader: ModuleUnloader;
  readonly #followers: Followers;

  constructor(services: LinkerServices) {
    const parked = new ParkedModules();
    const unloader = new ModuleUnloader({ ...services, parked });
    const loader = new ModuleLoader({ ...services, unloader });
    const reloader = new ModuleReloader({ ...services, loader, unloader });
    this.#unloader = unloader;
    this.loader = loader;
    this.reloader = reloader;
    const closed = (): boolean => unloader.closed;
    this.#followers = new Followers({ ...services, parked, loader, reloader, closed });
  }

  /** See {@link ModuleLoader.load}. */
  async load(module: ModuleClass, settings: unknown, options: LoadOptions): Promise<object> {
    const instance = await this.loader.load(module, settings, options);
    await this.#followers.catchUp();
    return instance;
  }

  /** See {@link ModuleUnloader.unload}. */
  async unload(name: string, options?: UnloadOptions): Promise<void> {
    try {
      await this.#unloader.unload(name, options);
    } finally {
      await this.#followers.catchUp();
    }
  }

  /** See {@link ModuleUnloader.release}. */
  async release(name: string): Promise<void> {
    try {
      await this.#unloader.release(name);
    } finally {
      await this.#followers.catchUp();
    }
  }
}
