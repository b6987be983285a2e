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
import { describe, shown } from '../errors.js';
import { type EventHandlerRegistry, Veto } from '../eventhandler/index.js';
import type { Clock } from '../time/index.js';
import type { ModuleBuilder } from './builder.js';
import { requiredNames } from './dependencies.js';
import { KldError } from './errors.js';
import type { LinkerFile } from './linker-file.js';
import type { ModuleEnd } from './module.js';
import type { ModuleTable } from './module-table.js';
import type { ParkedModules } from './parked.js';
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
  readonly parked: ParkedModules;
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
  /** What one unload takes down itself, in order: a module with its followers. */
  readonly #departing = new WeakSet<LinkerFile>();
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
    const stays = [...file.dependents].some(({ definition }) => definition.follows !== true);
    if (!stays || file.userrefs === 0) return this.unload(name);
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

  /**
   * Gives back a file's dependencies; those that were loaded only because something depended on them go.
   * @throws the first error, when all are down
   */
  async letGo(file: LinkerFile): Promise<void> {
    file.forsake();
    const errors: unknown[] = [];
    for (const dependency of file.dependencies.toReversed()) {
      const { name } = dependency;
      if (this.#departing.has(dependency)) continue;
      while (this.#table.isBusy(name)) await this.#table.ended(name);
      if (this.#closed || dependency.refs > 0 || this.#table.files.get(name) !== dependency) continue;
      await this.#table
        .run('unloading', name, () => this.#takeDown(dependency))
        .catch((error: unknown) => void errors.push(error));
    }
    if (errors.length > 0) throw errors[0];
  }

  /** Takes one reference; with the last, followers go first, and all when nothing is under way with any. @throws KldError */
  async #unload(name: string, deadline: number): Promise<void> {
    while (this.#table.isBusy(name)) await this.#table.ended(name);
    if (!this.#table.files.has(name) && this.#services.parked.forget(name)) return;
    const file = this.#table.find(name);
    if (file.userrefs > 1) {
      file.userrefs--;
      return;
    }
    const followers = this.#followersOf(file);
    const busy = followers.find((each) => this.#table.isBusy(each.name));
    if (busy !== undefined) {
      await this.#table.ended(busy.name);
      // Meanwhile it may have been loaded once more, or unloaded.
      return this.#unload(name, deadline);
    }
    const all = [...followers.toReversed(), file];
    const names = [name, ...followers.map((each) => each.name)];
    await this.#table.runAll('unloading', names, () => this.#askAndTakeDown(all, deadline));
  }

  async #force(name: string, deadline: number): Promise<void> {
    // A load under way cannot be interrupted; anything else is not waited for.
    if (!this.#table.files.has(name)) while (this.#table.isBusy(name)) await this.#table.ended(name);
    const file = this.#table.find(name);
    const all = [...this.#followersOf(file).toReversed(), file];
    const names = all.map((each) => each.name);
    await this.#table.runAll('unloading', names, () => this.#takeDownAll(all, deadline));
    for (const { name: each, ending } of all) {
      const { left } = ending!.patience;
      if (left.length > 0)
        this.#services.warn(`${each} is unloaded by force: ${left.join(', ')} left behind`);
    }
  }

  /** What depends on it, however far, in the order of loading. @throws KldError EBUSY when any does not follow */
  #followersOf(file: LinkerFile): LinkerFile[] {
    const dependents = this.#table.dependentsOf(file);
    const users = dependents.filter(({ definition }) => definition.follows !== true);
    const all = [file, ...dependents];
    // One that is being loaded holds what it depends on, too.
    const loading = all.flatMap((each) => [...each.dependents]).filter((each) => !all.includes(each));
    const names = [...new Set([...users, ...loading].map(({ name }) => name))].join(', ');
    if (names === '') return dependents;
    throw new KldError('EBUSY', `${file.name} is in use by ${names}: unload ${names} first`);
  }

  /** @param all followers first */
  async #askAndTakeDown(all: readonly LinkerFile[], deadline: number): Promise<void> {
    const file = all.at(-1)!;
    if (file.refs === 0) {
      throw new KldError('EBUSY', `${file.name} was loaded as a dependency only, and is going already`);
    }
    for (const each of all) each.state = 'unloading';
    for (const [i, each] of all.entries()) {
      const reason = await this.refusal(each, deadline);
      // Meanwhile a forced unload may have begun.
      if (reason === undefined || file.ending !== undefined) continue;
      for (const asked of all.slice(0, i))
        await this.#services.eventhandler.invokeAsync('kld_unload_abort', asked, reason);
      for (const one of all) if (one.ending === undefined) one.state = 'loaded';
      const whose = each === file ? '' : `${each.name}, which depends on it: `;
      throw new KldError('EBUSY', `${file.name} stays loaded: ${whose}${reason}`);
    }
    await this.#takeDownAll(all);
  }

  /** Takes a module down after its followers, which are parked. @throws the first error, when all are down */
  async #takeDownAll(all: readonly LinkerFile[], deadline?: number): Promise<void> {
    const file = all.at(-1)!;
    this.#park(file, all.slice(0, -1).toReversed());
    const errors: unknown[] = [];
    for (const each of all) this.#departing.add(each);
    for (const each of all)
      await this.#takeDown(each, deadline).catch((error: unknown) => void errors.push(error));
    if (errors.length > 0) throw errors[0];
  }

  /** Those that need the module wait for it; those that only use it come up again without it. */
  #park(file: LinkerFile, followers: readonly LinkerFile[]): void {
    const { parked } = this.#services;
    const needed = new Set([file.name]);
    parked.lost(file.name);
    for (const follower of followers) {
      const isNeedy = requiredNames(follower.definition).some((name) => needed.has(name));
      if (isNeedy) needed.add(follower.name);
      parked.park(follower, isNeedy ? [file.name] : []);
    }
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
    const asked = this.#services.eventhandler
      .invokeAsync('kld_unload_try', file, veto)
      .catch((error: unknown) => veto.veto(`nobody could be asked: ${describe(error)}`));
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
      return `its quiesce returned ${shown(answer)}, which is no reason and no leave`;
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

  /** @throws its own error rather than one of its dependencies, when all are down */
  async #demolish(file: LinkerFile, patience: Patience): Promise<void> {
    const errors: unknown[] = [];
    const collect = (error: unknown): void => void errors.push(error);
    await this.#services.builder
      .demolish(file, patience, file.handedOver ? this.#end : 'unload')
      .catch(collect);
    this.#table.files.delete(file.name);
    this.#services.eventhandler.invoke('kld_unload', file.name);
    await this.letGo(file).catch(collect);
    if (errors.length > 0) throw errors[0];
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
