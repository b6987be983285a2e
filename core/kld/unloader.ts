/**
 * @module
 * The end of modules, the other part of kern_linker.c.
 *
 * Unloading one: refused while in use; `kld_unload_try` and `quiesce` may refuse; then its handlers die at once, its
 * scope's signal aborts, the running handlers are awaited, `stop`, the scope closes, `kld_unload`, and dependencies that
 * no other module needs go too. Each of these happens once: a later caller with less time shortens the wait of what is
 * under way.
 *
 * Any of these steps may hang. The caller's time limit then leaves the module to itself (unload goes on), force leaves
 * the step behind (unload ends), and so does the shutdown, for every module.
 */
import { describe } from '../errors.js';
import { type EventHandlerRegistry, Veto } from '../eventhandler/index.js';
import type { Clock } from '../time/index.js';
import type { ModuleBuilder } from './builder.js';
import { KldError } from './errors.js';
import type { LinkerFile } from './linker-file.js';
import type { ModuleEnd } from './module.js';
import type { ModuleTable } from './module-table.js';
import { Patience } from './patience.js';

/** How `kernel.unload` deals with a module that does not go. */
export interface UnloadOptions {
  /**
   * How long to wait, in milliseconds: then `unload` rejects with `ETIMEDOUT` while the unloading goes on, or with
   * `EBUSY` when nothing had been taken down yet. With `force`, what takes longer is left behind instead.
   */
  readonly timeout?: number;
  /**
   * No one is asked, loads by name do not count, and what hangs is left behind after the timeout, by default 10 s: its
   * running handlers, its `stop`, what its scope holds. A module that others depend on is refused even so.
   */
  readonly force?: boolean;
}

/** How long a forced unload waits by default. */
const FORCE_MS = 10_000;
/** More than the least time of all steps together: a forced unload has ended by then. */
const FORCE_SLACK_MS = 1_000;
/** How long a refusal may take after the deadline: kld_unload_abort is invoked too. */
const ANSWER_MS = 100;
/** The least time that the shutdown gives to loads under way. */
const MIN_LOADING_MS = 100;

/** What the unloader needs. */
export interface ModuleUnloaderServices {
  readonly eventhandler: EventHandlerRegistry;
  readonly builder: ModuleBuilder;
  readonly table: ModuleTable;
  readonly clock: Clock;
  readonly warn: (message: string) => void;
}

/** Takes modules down. */
export class ModuleUnloader {
  readonly #services: ModuleUnloaderServices;
  readonly #table: ModuleTable;
  readonly #clock: Clock;
  /** Everything is being unloaded, dependencies too. */
  #closed = false;
  /** How modules end that have handed over. */
  #end: ModuleEnd = 'unload';

  constructor(services: ModuleUnloaderServices) {
    this.#services = services;
    this.#table = services.table;
    this.#clock = services.clock;
  }

  /**
   * Takes one reference; the last one unloads.
   *
   * @throws KldError EBUSY when in use or vetoed, ENOENT, ETIMEDOUT; ESTOP, or its own code, when `stop` failed
   */
  async unload(name: string, { timeout, force = false }: UnloadOptions = {}): Promise<void> {
    const ms = timeout ?? (force ? FORCE_MS : Number.POSITIVE_INFINITY);
    const deadline = this.#clock.now() + ms;
    const unloading = force ? this.#force(name, deadline) : this.#unload(name, deadline);
    await this.#inTime(unloading, name, force ? deadline + FORCE_SLACK_MS : deadline, ms);
  }

  /**
   * Takes one reference, as `unload`; but a module that others depend on stays for them, and goes with the last.
   * @throws KldError EBUSY when vetoed, or when no reference by name is left; ENOENT
   */
  async release(name: string): Promise<void> {
    while (this.#table.isBusy(name)) await this.#table.ended(name);
    const file = this.#table.find(name);
    if (file.dependents.size === 0 || file.userrefs === 0) return this.unload(name);
    file.userrefs--;
  }

  /**
   * Unloads everything, dependents before their dependencies, veto or not: the end of the kernel.
   *
   * @param deadline on the clock's now; each module has a moment even after it
   * @param end for the modules that have handed over
   * @returns the modules of which something was left behind, with what; and what their `stop` threw
   */
  async unloadAll(deadline: number, end: ModuleEnd): Promise<{ left: string[]; errors: unknown[] }> {
    this.#closed = true;
    this.#end = end;
    const files = new Set(this.#table.files.values());
    for (const file of files) file.ending?.patience.until(deadline);
    const left = await this.#leaveLoading(deadline);
    const errors: unknown[] = [];
    for (const file of [...this.#table.files.values()].toReversed()) {
      files.add(file);
      await this.#table
        .run('unloading', file.name, () => this.#takeDown(file, deadline))
        .catch((error: unknown) => errors.push(error));
    }
    for (const { name, ending } of [...files].toReversed()) {
      const steps = ending?.patience.left ?? [];
      if (steps.length > 0) left.push(`${name} (${steps.join(', ')})`);
    }
    return { left, errors };
  }

  /** Gives back a file's dependencies; those that were loaded only because something depended on them go. */
  async letGo(file: LinkerFile): Promise<void> {
    file.forsake();
    for (const dependency of file.dependencies.toReversed()) {
      const { name } = dependency;
      while (this.#table.isBusy(name)) await this.#table.ended(name);
      if (this.#closed || dependency.refs > 0 || this.#table.files.get(name) !== dependency) continue;
      await this.#table.run('unloading', name, () => this.#takeDown(dependency));
    }
  }

  async #unload(name: string, deadline: number): Promise<void> {
    while (this.#table.isBusy(name)) await this.#table.ended(name);
    const file = this.#table.find(name);
    if (file.userrefs > 1) {
      file.userrefs--;
      return;
    }
    await this.#table.run('unloading', name, () => this.#askAndTakeDown(file, deadline));
  }

  async #force(name: string, deadline: number): Promise<void> {
    // A load under way cannot be interrupted; anything else is not waited for.
    if (!this.#table.files.has(name)) while (this.#table.isBusy(name)) await this.#table.ended(name);
    const file = this.#table.find(name);
    assertWithoutDependents(file);
    await this.#table.run('unloading', name, () => this.#takeDown(file, deadline));
    const { left } = file.ending!.patience;
    if (left.length > 0) this.#services.warn(`${name} is unloaded by force: ${left.join(', ')} left behind`);
  }

  async #askAndTakeDown(file: LinkerFile, deadline: number): Promise<void> {
    assertWithoutDependents(file);
    if (file.userrefs === 0) {
      throw new KldError('EBUSY', `${file.name} was loaded as a dependency only, and is going already`);
    }
    file.state = 'unloading';
    const reason = await this.refusal(file, deadline);
    // Meanwhile a forced unload may have begun.
    if (reason !== undefined && file.ending === undefined) {
      file.state = 'loaded';
      throw new KldError('EBUSY', `${file.name} stays loaded: ${reason}`);
    }
    await this.#takeDown(file);
  }

  /** Whether everything is being unloaded. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Asks whether the module may go. No answer in time counts as busy. @returns why not */
  async refusal(file: LinkerFile, deadline: number): Promise<string | undefined> {
    const patience = new Patience(this.#clock, file.name);
    patience.until(deadline);
    const veto = new Veto();
    const asked = this.#services.eventhandler.invokeAsync('kld_unload_try', file, veto);
    const answered = await patience.wait('kld_unload_try', asked);
    const reason = answered
      ? (veto.reason ?? (await this.#quiesce(file, patience)))
      : 'kld_unload_try took too long';
    if (reason !== undefined) {
      await this.#services.eventhandler.invokeAsync('kld_unload_abort', file, reason);
    }
    return reason;
  }

  /** A module that cannot say whether it is busy counts as busy. */
  async #quiesce({ instance }: LinkerFile, patience: Patience): Promise<string | undefined> {
    let answer: unknown;
    const asked = (async () => {
      answer = await instance.quiesce?.();
    })();
    try {
      if (!(await patience.wait('quiesce', asked))) return 'its quiesce took too long';
    } catch (error) {
      return `its quiesce failed: ${describe(error)}`;
    }
    if (answer === undefined || answer === null) return undefined;
    if (typeof answer !== 'string')
      return `its quiesce returned ${JSON.stringify(answer)}, which is no reason and no leave`;
    return answer || 'no reason was given';
  }

  /** Begins the end of the module, or joins it. @param deadline applies to what is under way too */
  #takeDown(file: LinkerFile, deadline = Number.POSITIVE_INFINITY): Promise<void> {
    if (file.ending === undefined) {
      file.state = 'unloading';
      const patience = new Patience(this.#clock, file.name);
      file.ending = { patience, done: this.#demolish(file, patience) };
    }
    file.ending.patience.until(deadline);
    return file.ending.done;
  }

  async #demolish(file: LinkerFile, patience: Patience): Promise<void> {
    try {
      await this.#services.builder.demolish(file, patience, file.handedOver ? this.#end : 'unload');
    } finally {
      this.#table.files.delete(file.name);
      this.#services.eventhandler.invoke('kld_unload', file.name);
      await this.letGo(file);
    }
  }

  /** Waits for what is under way; closes the scopes of modules whose loading does not end. @returns their names */
  async #leaveLoading(deadline: number): Promise<string[]> {
    const patience = new Patience(this.#clock, 'shutdown');
    patience.until(deadline);
    if (await patience.wait('what is under way', this.#table.quiet(), MIN_LOADING_MS)) return [];
    const files = [...this.#table.loading];
    const scopes = files.flatMap(({ scope }) => scope ?? []);
    await Promise.all(scopes.map((scope) => scope.closeWithin(patience).catch(() => {})));
    return files.map(({ name }) => `${name} (its start)`);
  }

  /** @throws KldError ETIMEDOUT when the work goes on after the deadline */
  async #inTime(work: Promise<void>, name: string, deadline: number, ms: number): Promise<void> {
    const patience = new Patience(this.#clock, name);
    patience.until(deadline);
    if (await patience.wait('the unloading', work)) return;
    // The same deadline may just have ended the asking; the refusal is then on its way.
    const ending = this.#table.files.get(name)?.ending;
    if (ending === undefined && (await patience.wait('the answer', work, ANSWER_MS))) return;
    const step = ending?.patience.waitsFor ?? 'what is under way with it';
    throw new KldError(
      'ETIMEDOUT',
      `${name} is not unloaded after ${ms} ms: it waits for ${step}; unload it by force to leave that behind`,
      { module: name },
    );
  }
}

function assertWithoutDependents({ name, dependents }: LinkerFile): void {
  if (dependents.size === 0) return;
  const users = [...dependents].map((file) => file.name).join(', ');
  throw new KldError('EBUSY', `${name} is in use by ${users}: unload ${users} first`);
}
