import { describe } from '../errors.js';
import type { EventHandlerRegistry } from '../eventhandler/index.js';
import type { Json } from '../json.js';
import type { Sysctl } from '../sysctl/index.js';
import type { Clock } from '../time/index.js';
import type { BuildOptions, ModuleBuilder } from './builder.js';
import { KldError } from './errors.js';
import { handOver } from './handover.js';
import { HeldCalls } from './held-calls.js';
import type { LinkerFile } from './linker-file.js';
import type { ModuleLifecycle } from './module.js';
import type { ModuleTable } from './module-table.js';
import { Patience } from './patience.js';

/** What the steps of a reload need. */
export interface ReloadServices {
  readonly eventhandler: EventHandlerRegistry;
  readonly builder: ModuleBuilder;
  readonly table: ModuleTable;
  readonly sysctl: Sysctl;
  readonly clock: Clock;
  readonly warn: (message: string) => void;
  /** Whether the kernel is shutting down. */
  readonly closed: () => boolean;
}

/** The steps that a reload is made of, each with a time limit. */
export class ReloadSteps {
  readonly #services: ReloadServices;
  /** The module that is reloaded. */
  readonly #name: string;
  readonly #stepMs: number;
  #patience: Patience | undefined;

  constructor(name: string, stepMs: number, services: ReloadServices) {
    this.#name = name;
    this.#stepMs = stepMs;
    this.#services = services;
  }

  /**
   * Does one step.
   *
   * @param what names it: `the start of pager`
   * @throws KldError ETIMEDOUT when it takes too long, ECLOSED during a shutdown; and what it throws
   */
  async step<T>(what: string, work: () => Promise<T>): Promise<T> {
    const { clock, closed } = this.#services;
    const name = this.#name;
    if (closed()) throw this.#failure('ECLOSED', 'the kernel is shutting down');
    const patience = new Patience(clock, name);
    patience.until(clock.now() + this.#stepMs);
    this.#patience = patience;
    const done: { value?: T } = {};
    const doing = work().then((value) => {
      done.value = value;
    });
    if (await patience.wait(what, doing)) return done.value as T;
    throw this.#failure('ETIMEDOUT', `${what} takes longer than ${this.#stepMs} ms`);
  }

  /** @throws KldError ENOENT for a module that was unloaded by force: it must not come back */
  assertThere({ name, ending }: LinkerFile): void {
    if (ending !== undefined) throw this.#failure('ENOENT', `${name} has been unloaded by force`);
  }

  /** Holds the calls of a module's handlers back. */
  hold(file: LinkerFile): HeldCalls {
    const { clock, warn } = this.#services;
    const overflow = (): void => {
      warn(`${this.#name}: too many calls wait for its reload, which is given up`);
      this.#patience?.until(clock.now());
    };
    return new HeldCalls(file.scope!, { overflow, warn });
  }

  /** The module's state, when its running calls have ended. */
  async stateOf({ name, instance }: LinkerFile, held: HeldCalls): Promise<Json | undefined> {
    await this.step(`a running handler of ${name}`, () => held.idle());
    return this.step(`the handover of ${name}`, () => handOver(name, instance));
  }

  /** Builds and starts a module. When it hangs, its scope is closed. */
  async build(file: LinkerFile, options: BuildOptions = {}): Promise<void> {
    const { table, builder } = this.#services;
    table.loading.add(file);
    try {
      await this.step(`the start of ${file.name}`, () => builder.build(file, options));
    } catch (error) {
      await file.scope?.closeWithin(this.#moment(file.name)).catch(() => {});
      throw error;
    } finally {
      table.loading.delete(file);
    }
  }

  /** Stops a module. What fails or hangs is warned about, and left behind. */
  async demolish(file: LinkerFile, end: 'unload' | 'replace'): Promise<void> {
    const { builder, warn } = this.#services;
    const patience = this.#moment(file.name);
    file.state = 'unloading';
    try {
      await builder.demolish(file, patience, end);
    } catch (error) {
      warn(`reload of ${this.#name}: ${describe(error)}`);
    }
    if (patience.left.length > 0)
      warn(`reload of ${this.#name}: ${file.name} left behind ${patience.left.join(', ')}`);
  }

  /** From now on this is the module of its name. */
  enter(file: LinkerFile): void {
    const { table, eventhandler } = this.#services;
    table.files.delete(file.name);
    table.files.set(file.name, file);
    file.state = 'loaded';
    eventhandler.invoke('kld_load', file);
  }

  /** What goes is out of the table. */
  leave(file: LinkerFile): void {
    const { table, eventhandler } = this.#services;
    table.files.delete(file.name);
    eventhandler.invoke('kld_unload', file.name);
  }

  #moment(name: string): Patience {
    const { clock } = this.#services;
    const patience = new Patience(clock, name);
    patience.until(clock.now() + this.#stepMs);
    return patience;
  }

  #failure(code: string, reason: string): KldError {
    const name = this.#name;
    return new KldError(code, `${name} is not reloaded: ${reason}`, { module: name });
  }
}

/** Whether a module gives its state to another instance of the class. */
export function isStateful(instance: ModuleLifecycle, heir: ModuleLifecycle): boolean {
  return instance.handover !== undefined && heir.takeover !== undefined;
}
