/** A kernel that was booted from a file in a folder of its own. */
import {
  Kernel,
  type KernelOptions,
  type LogRecord,
  type ModuleImporter,
  VirtualClock,
} from '../../../../core/index.js';
import {
  type Applied,
  type BootModule,
  boot,
  ConfigError,
  checkFiles,
  type LogSettings,
  type ModuleRegistry,
} from '../../../../modules/boot/index.js';
import { Folder } from './folder.js';

export class Booted implements AsyncDisposable {
  readonly folder = new Folder();
  readonly clock = new VirtualClock();
  readonly log: LogRecord[] = [];
  readonly kernel: Kernel;
  /** What `setLog` was called with. */
  readonly logSettings: LogSettings[] = [];
  module!: BootModule;
  /** `load carp`, `unload carp`, since the last look. */
  readonly #loads: string[] = [];

  constructor(
    readonly registry: ModuleRegistry,
    options: KernelOptions = {},
  ) {
    this.kernel = new Kernel({ clock: this.clock, log: (record) => this.log.push(record), ...options });
    this.kernel.eventhandler.register('kld_load', ({ name }) => this.#loads.push(`load ${name}`));
    this.kernel.eventhandler.register('kld_unload', (name) => this.#loads.push(`unload ${name}`));
  }

  static async from(text: string, registry: ModuleRegistry, options?: KernelOptions): Promise<Booted> {
    const booted = new Booted(registry, options);
    await booted.start(text);
    return booted;
  }

  /** @param load imports what has no short name */
  async start(text: string, load?: ModuleImporter): Promise<void> {
    this.folder.write('carpet.yaml', text);
    const settings = {
      file: this.folder.main,
      registry: this.registry,
      setLog: (given: LogSettings) => void this.logSettings.push(given),
      ...(load && { import: load }),
    };
    const { configuration, problems, warnings } = await checkFiles(settings.file, settings);
    if (configuration === undefined) throw new ConfigError(problems);
    this.module = await boot(this.kernel, configuration, settings, warnings);
    this.loads();
  }

  /** Writes the file and applies it. */
  apply(text: string, timeoutMs?: number): Promise<Applied> {
    this.folder.write('carpet.yaml', text);
    return this.module.apply(timeoutMs === undefined ? {} : { timeoutMs });
  }

  /** Writes the file and applies it, in vain. @returns the failure's message, without the folder */
  async refused(text: string): Promise<string> {
    const failure = await this.apply(text).then(
      () => undefined,
      (error: Error) => error,
    );
    if (failure === undefined) throw new Error('applied');
    return failure.message.replaceAll(`${this.folder.path}/`, '');
  }

  loads(): string[] {
    return this.#loads.splice(0);
  }

  /** Names of the loaded modules, but for our own. */
  modules(): string[] {
    return this.kernel
      .modules()
      .map(({ name }) => name)
      .filter((name) => name !== 'boot');
  }

  sysctl(name: string): unknown {
    return this.kernel.sysctl.get(name)?.value;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kernel.shutdown();
    this.folder[Symbol.dispose]();
  }
}
