/**
 * @module
 * Replacing a module by a newer version of itself while it runs.
 *
 * The new version is imported, checked, built and started beside the one at work; until then nothing that others see has
 * changed. Then the dependents go down, the two versions change places at once, and the dependents come up again, in
 * order. At last the old version is stopped. Whatever fails before that is taken back, and the old version goes on: it
 * was never stopped. A module with `reload: 'after'` is stopped before its new version is built; if that fails, it is
 * built again.
 *
 * Where both versions hand state over, calls of their handlers wait from before the handover (see HeldCalls); else they
 * wait only while dependents are down.
 */
import { describe } from '../errors.js';
import { assertNoCircle, resolveReference } from './dependencies.js';
import { KldError } from './errors.js';
import type { LinkerFile } from './linker-file.js';
import type { Reloaded, ReloadOptions } from './load-options.js';
import type { ModuleLoader } from './loader.js';
import { type ModuleClass, moduleDefinition } from './module.js';
import { type ReloadServices, ReloadSteps } from './reload-steps.js';
import { Replacement } from './replacement.js';
import type { ModuleUnloader } from './unloader.js';

/** What the reloader needs. */
export interface ModuleReloaderServices extends Omit<ReloadServices, 'closed'> {
  readonly loader: ModuleLoader;
  readonly unloader: ModuleUnloader;
}

/** How long one step may take, unless the caller says. */
const STEP_MS = 10_000;

/** Replaces modules. */
export class ModuleReloader {
  readonly #services: ModuleReloaderServices;

  constructor(services: ModuleReloaderServices) {
    this.#services = services;
  }

  /**
   * Replaces a module.
   *
   * @param newest gives its newer class
   * @throws KldError, and the old version is at work
   */
  async reload(
    name: string,
    newest: (old: LinkerFile) => Promise<ModuleClass>,
    options: ReloadOptions = {},
  ): Promise<Reloaded> {
    const { table } = this.#services;
    // Nothing may run between the last look and the begin.
    for (let busy = this.#busy(name); busy !== undefined; busy = this.#busy(name)) await table.ended(busy);
    const affected = this.#affected(name);
    const names = affected.map((file) => file.name);
    const gone: LinkerFile[] = [];
    try {
      return await table.runAll('reloading', names, () => this.#reload(affected, newest, options, gone));
    } finally {
      for (const file of gone) await this.#letGo(file);
    }
  }

  /** @param gone gets what could not be put back: what that depended on can go when this has ended */
  async #reload(
    affected: readonly LinkerFile[],
    newest: (old: LinkerFile) => Promise<ModuleClass>,
    { timeout = STEP_MS, ...given }: ReloadOptions,
    gone: LinkerFile[],
  ): Promise<Reloaded> {
    const { loader, unloader, builder } = this.#services;
    const [old, ...dependents] = affected as [LinkerFile, ...LinkerFile[]];
    const services: ReloadServices = { ...this.#services, closed: () => unloader.closed };
    const steps = new ReloadSteps(old.name, timeout, services);
    const module = await steps.step('its import', () => newest(old));
    assertSame(old, module, affected);
    const settings = 'settings' in given ? given.settings : old.given.settings;
    const version = { module, given: { ...old.given, settings } };
    const replacement = new Replacement(old, dependents, version, steps, services);
    const { next } = replacement;
    let acquired = Promise.resolve();
    try {
      await steps.step('what it depends on', () => (acquired = loader.acquireDependencies(next)));
      await steps.step('the check of its settings', () => builder.check(next));
      await this.#ask(affected, timeout);
      await replacement.run();
    } catch (error) {
      gone.push(...replacement.gone);
      await this.#letGo(next);
      // What has taken too long comes all the same, for nobody.
      void acquired.catch(() => undefined).then(() => this.#letGo(next));
      throw error;
    }
    await this.#letGo(old);
    return { name: old.name, changed: module !== old.module, restarted: dependents.map((file) => file.name) };
  }

  /** What it depended on may go. The reload is decided by then: what fails is warned about. */
  async #letGo(file: LinkerFile): Promise<void> {
    const { unloader, warn } = this.#services;
    await unloader.letGo(file).catch((error: unknown) => warn(`reload of ${file.name}: ${describe(error)}`));
  }

  /** Asks whether the module and its dependents may go, these first. @throws KldError EBUSY */
  async #ask(affected: readonly LinkerFile[], timeout: number): Promise<void> {
    const { unloader, clock, eventhandler } = this.#services;
    const asked: LinkerFile[] = [];
    for (const file of affected.toReversed()) {
      const reason = await unloader.refusal(file, clock.now() + timeout);
      if (reason === undefined) {
        asked.push(file);
        continue;
      }
      for (const each of asked) await eventhandler.invokeAsync('kld_unload_abort', each, reason);
      const { name } = affected[0]!;
      const whose = file.name === name ? '' : `${file.name}, which depends on it: `;
      throw new KldError('EBUSY', `${name} is not reloaded: ${whose}${reason}`, { module: file.name });
    }
  }

  /** The module and what depends on it, in the order of loading. @throws KldError ENOENT */
  #affected(name: string): LinkerFile[] {
    const { table } = this.#services;
    const old = table.find(name);
    return [old, ...table.dependentsOf(old)];
  }

  /** A module that the reload has to wait for. @throws KldError ENOENT */
  #busy(name: string): string | undefined {
    const { table } = this.#services;
    if (table.isBusy(name)) return name;
    const affected = this.#affected(name);
    const busy = affected.find((file) => table.isBusy(file.name)) ?? table.comerOn(affected);
    return busy?.name;
  }
}

/** The new class must be the same module, and must not have come to depend on what depends on it. */
function assertSame(old: LinkerFile, module: ModuleClass, affected: readonly LinkerFile[]): void {
  const { name, depends = [] } = moduleDefinition(module);
  if (name !== moduleDefinition(old.module).name) {
    const message = `${old.name} is not reloaded: its file is the module ${name} now; unload ${old.name} and load that`;
    throw new KldError('EMODULE', message, { module: old.name });
  }
  assertNoCircle(module);
  for (const reference of depends) {
    const found = resolveReference(name, reference);
    const wanted = typeof found === 'string' ? found : moduleDefinition(found).name;
    if (affected.some((file) => file.name === wanted))
      throw new KldError('ELOOP', `${name} is not reloaded: it depends on ${wanted}, which depends on it`, {
        module: name,
      });
  }
}
