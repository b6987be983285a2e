/**
 * @module
 * One reload, step by step, and the way back. See reloader.ts for the order.
 */
import { describe } from '../errors.js';
import type { Json } from '../json.js';
import type { SysctlNode } from '../sysctl/index.js';
import { KldError } from './errors.js';
import { handOver } from './handover.js';
import type { HeldCalls } from './held-calls.js';
import type { LinkerFile } from './linker-file.js';
import type { Given } from './load-options.js';
import type { ModuleClass, ModuleEnd, ModuleLifecycle } from './module.js';
import { isStateful, type ReloadServices, type ReloadSteps } from './reload-steps.js';
import { Restart, type Successors } from './restart.js';
import { keepTunables } from './scoped-names.js';
import { parseSettings } from './settings.js';
import { Stage } from './stage.js';

/** What the new version is made of. */
export interface Version {
  readonly module: ModuleClass;
  readonly given: Given;
}

/** Replaces one module, whole or not at all. */
export class Replacement {
  /** The new version. What it depends on must be held before {@link run}. */
  readonly next: LinkerFile;
  /** What could not be put back. */
  readonly gone: LinkerFile[] = [];
  readonly #services: ReloadServices;
  readonly #steps: ReloadSteps;
  readonly #restarts: readonly Restart[];
  readonly #before: LinkerFile;
  readonly #stage: Stage;
  /** The old version is stopped before the new one is built. */
  readonly #isAfter: boolean;
  readonly #stateful: boolean;
  #held: HeldCalls | undefined;
  /** What the old version has handed over. */
  #state: Json | undefined;
  /** What the new one hands back. */
  #newest: Json | undefined;
  #sysctls: readonly SysctlNode[] = [];
  #oldIsDown = false;
  #isBuilt = false;
  #hasEntered = false;

  /** @param dependents in the order of loading */
  constructor(
    before: LinkerFile,
    dependents: readonly LinkerFile[],
    { module, given }: Version,
    steps: ReloadSteps,
    services: ReloadServices,
  ) {
    this.#services = services;
    this.#steps = steps;
    this.#before = before;
    this.#restarts = dependents.map((file) => new Restart(file, steps, services.sysctl));
    this.next = before.successor(module);
    this.next.given = given;
    this.#stateful = isStateful(before.instance, this.next.implementation.prototype as ModuleLifecycle);
    this.#isAfter = [before.definition, this.next.definition].some(({ reload }) => reload === 'after');
    this.#stage = new Stage(before.scope!);
  }

  /** @throws what failed, when the old version is at work again */
  async run(): Promise<void> {
    try {
      if (this.#isAfter) await this.#buildAfter();
      else await this.#buildBeside();
      this.#change();
      await this.#dependentsUp(this.next);
    } catch (error) {
      throw withRemains(error, await this.#takeBack());
    }
    if (!this.#oldIsDown) await this.#steps.demolish(this.#before, this.#end);
    this.#held?.end();
    this.#stage.finish();
  }

  get #end(): ModuleEnd {
    return this.#stateful ? 'replace' : 'unload';
  }

  /** The new version starts while the old one is at work. */
  async #buildBeside(): Promise<void> {
    if (this.#stateful) await this.#handOver();
    await this.#steps.build(this.next, { stage: this.#stage, state: this.#state });
    this.#isBuilt = true;
    await this.#dependentsDown();
    this.#hold();
  }

  /** The old one is stopped first. */
  async #buildAfter(): Promise<void> {
    await this.#dependentsDown();
    this.#hold();
    if (this.#stateful) await this.#handOver();
    this.#steps.assertThere(this.#before);
    this.#oldIsDown = true;
    await this.#steps.demolish(this.#before, this.#end);
    this.#steps.assertThere(this.#before);
    this.#steps.leave(this.#before);
    await this.#steps.build(this.next, { stage: this.#stage, state: this.#state });
    this.#isBuilt = true;
  }

  async #handOver(): Promise<void> {
    for (const restart of this.#restarts) restart.hold();
    this.#hold();
    this.#state = await this.#steps.stateOf(this.#before, this.#held!);
  }

  #hold(): void {
    if (this.#held !== undefined) return;
    this.#held = this.#steps.hold(this.#before);
    this.#sysctls = this.#before.scope!.sysctls();
  }

  async #dependentsDown(): Promise<void> {
    for (const restart of this.#restarts) restart.hold();
    for (const restart of this.#restarts.toReversed()) await restart.down();
  }

  async #dependentsUp(on: LinkerFile): Promise<void> {
    const successors = this.#successors(on);
    for (const restart of this.#restarts) await restart.up(successors);
  }

  #successors(on: LinkerFile): Successors {
    return new Map([
      [this.#before, on],
      [this.next, on],
    ]);
  }

  /** The two versions change places; nothing else runs meanwhile. */
  #change(): void {
    this.#steps.assertThere(this.#before);
    this.#hasEntered = true;
    this.#held!.deliver(this.next.scope!, () => this.#stage.enter());
    if (!this.#oldIsDown) this.#steps.leave(this.#before);
    keepTunables(this.#sysctls, this.#services.sysctl);
    this.#steps.enter(this.next);
  }

  /** @returns what could not be put back */
  async #takeBack(): Promise<string[]> {
    const remains = new Remains();
    for (const restart of this.#restarts.toReversed()) await remains.of(() => restart.takeBack());
    if (this.#isBuilt) await this.#takeSettingsBack();
    await remains.of(async () => this.#stage.leave());
    this.#held?.retract();
    if (this.#isBuilt) {
      await this.#handBack();
      await this.#steps.demolish(this.next, this.#end);
    }
    if (this.#hasEntered && this.next.ending === undefined) this.#steps.leave(this.next);
    const old = await remains.of(() => this.#oldAgain());
    if (old === undefined)
      this.gone.push(...this.#restarts.map((restart) => restart.abandon()), this.#before);
    else await this.#dependentsAgain(old, remains);
    return remains.list;
  }

  async #dependentsAgain(on: LinkerFile, remains: Remains): Promise<void> {
    const successors = this.#successors(on);
    for (const restart of this.#restarts) {
      const isUp = await remains.of(() => restart.up(successors).then(() => true));
      if (isUp !== true) this.gone.push(restart.abandon());
    }
  }

  /** What only the new settings name would stay behind: the old version that goes on knows nothing of it. */
  async #takeSettingsBack(): Promise<void> {
    const { name, instance, definition, given } = this.next;
    const former = this.#before.given.settings;
    if (!this.#stateful || given.settings === former || instance.reconfigure === undefined) return;
    await this.#steps
      .step(`the former settings of ${name}`, async () =>
        instance.reconfigure!(await parseSettings(name, definition.settings, former)),
      )
      .catch((error: unknown) => this.#services.warn(`reload of ${name}: ${describe(error)}`));
  }

  /** The new version was at work: an old version that is built again goes on from there. */
  async #handBack(): Promise<void> {
    if (!this.#oldIsDown || !this.#stateful) return;
    const { name, instance } = this.next;
    this.#newest = await this.#steps
      .step(`the handover of ${name}`, () => handOver(name, instance))
      .catch(() => undefined);
  }

  /** A state of a newer version may be in a form that the old one cannot read. */
  async #buildAgain(): Promise<{ again: LinkerFile; stage: Stage }> {
    if (this.#newest === undefined) return this.#buildWith(this.#state);
    return this.#buildWith(this.#newest).catch(() => this.#buildWith(this.#state));
  }

  async #buildWith(state: Json | undefined): Promise<{ again: LinkerFile; stage: Stage }> {
    const before = this.#before;
    const again = before.successor(before.module, new Map());
    const stage = new Stage(before.scope!);
    try {
      await this.#steps.build(again, { state, stage });
      return { again, stage };
    } catch (error) {
      again.forsake();
      throw error;
    }
  }

  /** The module was unloaded by force when the new version was at work. @throws KldError ENOENT */
  async #goWithNext(): Promise<void> {
    this.#held?.end();
    if (!this.#oldIsDown) await this.#steps.demolish(this.#before, 'unload');
    this.#steps.assertThere(this.next);
  }

  /** @returns the old version, at work unless it was unloaded by force */
  async #oldAgain(): Promise<LinkerFile> {
    const before = this.#before;
    if (this.next.ending !== undefined) await this.#goWithNext();
    if (!this.#oldIsDown || before.ending !== undefined) {
      if (this.#hasEntered) this.#steps.enter(before);
      this.#held?.restore();
      return before;
    }
    const { again, stage } = await this.#buildAgain().catch((error: unknown) => {
      this.#held?.end();
      throw error;
    });
    before.forsake();
    this.#held?.deliver(again.scope!, () => stage.enter());
    this.#held?.end();
    stage.finish();
    keepTunables(this.#sysctls, this.#services.sysctl);
    this.#steps.enter(again);
    return again;
  }
}

/** Collects what a way back could not restore. */
class Remains {
  readonly list: string[] = [];

  async of<T>(work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      this.list.push(describe(error));
      return undefined;
    }
  }
}

function withRemains(error: unknown, remains: readonly string[]): unknown {
  if (remains.length === 0) return error;
  const { code = 'EUNDO', module } = error as Partial<KldError>;
  const message = `${describe(error)} (not put back: ${remains.join('; ')})`;
  return new KldError(code, message, { cause: error, ...(module !== undefined && { module }) });
}
