/**
 * @module
 * One process takes the place of another: an upgrade without a restart. Both kernels live for a while.
 *
 *     predecessor                     successor
 *     capture() ───── states ───────► new Kernel({ predecessor: states })   its modules load and stand by
 *     captureSlow(), pausing()
 *     captureNow() ── states ───────► take(states), begin()                 both in one turn
 *     give()                          alone()                               once the predecessor has gone
 *
 * How the states travel, and who decides that the successor is at work, is the business of the module `upgrade`.
 *
 * A change that takes several turns (loading a module, applying settings) and a succession exclude each other: else the
 * successor would take over half of the change, and the predecessor would carry out the rest after it has left. Whoever
 * changes something holds; the predecessor freezes when nobody holds, until the successor is at work or has failed.
 */
import { CarpetError } from './errors.js';
import type { EventHandlerRegistry } from './eventhandler/index.js';
import type { Json } from './json.js';
import { handOver } from './kld/handover.js';
import type { ModuleTable } from './kld/module-table.js';
import { CheckedSettings } from './kld/settings.js';
import { isThenable } from './thenable.js';

/** What modules have handed over, by their names. */
export type ModuleStates = Readonly<Record<string, Json>>;

/**
 * In the successor: `begun`, it is at work from now on, and `alone`, its predecessor has gone with all that it held. In
 * the predecessor: `pausing`, it is about to stand still so long that others would notice, so what they wait for is done now,
 * and whether the successor will be at work is open; and `given`, the successor is at work, and nothing may be done any more
 * that others can see.
 */
export type SuccessionPhase = 'begun' | 'alone' | 'pausing' | 'given';

declare module './eventhandler/events.js' {
  interface EventHandlers {
    /** One process takes the place of another: see {@link SuccessionPhase}. Called within the turn that settles it. */
    succession_event(phase: SuccessionPhase): void;
  }
}

/** How a module was loaded by name from a file or a package, so that a successor can load it. */
export interface NamedLoad {
  readonly name: string;
  readonly source: string;
  /** As they were given, with secrets. */
  readonly settings: unknown;
  /** The instance's name, where that is not the module's own. */
  readonly as: string | undefined;
  readonly isolate: unknown;
}

/** A change that takes more than one turn. */
interface Hold {
  readonly what: string;
  readonly standing: boolean;
}

/** How a change keeps a successor waiting. */
export interface HoldOptions {
  /** It lasts until an operator ends it: a successor is refused at once instead of waiting in vain. */
  readonly standing?: boolean;
}

/** A kernel's part in an upgrade. Modules inject it to learn whether they stand by. */
export class Succession {
  readonly #table: ModuleTable;
  readonly #eventhandler: EventHandlerRegistry;
  readonly #holds = new Set<Hold>();
  readonly #released: (() => void)[] = [];
  /** The modules that could not say their state in one turn. */
  readonly #slow = new Set<string>();
  #frozen = false;
  #states: ModuleStates | undefined;

  /** @internal */
  constructor(table: ModuleTable, eventhandler: EventHandlerRegistry, states: ModuleStates | undefined) {
    this.#table = table;
    this.#eventhandler = eventhandler;
    this.#states = states;
  }

  /**
   * Whether a predecessor is still at work: until `begun`, a module may prepare everything and must change nothing that
   * others can see.
   */
  get standby(): boolean {
    return this.#states !== undefined;
  }

  /**
   * Keeps a successor from taking over until it is disposed of: for a change that takes more than one turn. Holds nest.
   *
   * @param what is under way, for the error of a successor that is refused or waits in vain: `settings are being applied`
   * @throws CarpetError EAGAIN while a successor prepares, and once it is at work
   */
  hold(what: string, { standing = false }: HoldOptions = {}): Disposable {
    if (this.#frozen)
      throw new CarpetError(
        'EAGAIN',
        'an upgrade is under way: try again when the new process has taken over',
      );
    const hold = { what, standing };
    this.#holds.add(hold);
    return { [Symbol.dispose]: () => this.#release(hold) };
  }

  /** @internal What is under way; undefined: nothing. */
  get held(): string | undefined {
    return this.#holds.values().next().value?.what;
  }

  /** @internal What must be ended by an operator before there can be a successor. */
  get barred(): string | undefined {
    return [...this.#holds].find(({ standing }) => standing)?.what;
  }

  /** @internal Resolves when something that was under way has ended. */
  released(): Promise<void> {
    return new Promise((resolve) => this.#released.push(resolve));
  }

  /** @internal Refuses changes until it is disposed of. Nothing may be under way. */
  freeze(): Disposable {
    this.#frozen = true;
    return { [Symbol.dispose]: () => void (this.#frozen = false) };
  }

  #release(hold: Hold): void {
    this.#holds.delete(hold);
    for (const resolve of this.#released.splice(0)) resolve();
  }

  /** @internal What the predecessor's module of this name has handed over, while this kernel stands by. */
  inherited(name: string): Json | undefined {
    return this.#states?.[name];
  }

  /** @internal What was loaded by name from files and packages, dependencies first. */
  loads(): NamedLoad[] {
    return [...this.#table.files.values()].flatMap(({ name, userrefs, given }) => {
      const { source, settings, as, isolate } = given;
      if (source === undefined || userrefs === 0) return [];
      const written = settings instanceof CheckedSettings ? settings.written : settings;
      return [{ name, source, settings: written, as, isolate }];
    });
  }

  /** The state of every module that has a `handover`. @throws KldError EHANDOVER */
  async capture(): Promise<ModuleStates> {
    const states: Record<string, Json> = {};
    for (const { name, instance } of this.#table.files.values()) {
      const state = await handOver(name, instance, () => this.#slow.add(name));
      if (state !== undefined) states[name] = state;
    }
    return states;
  }

  /**
   * The state of those modules only that could not say it in one turn when all were asked: what `captureNow` needs. The
   * others are not asked in vain, since a thousand vhids take longer for that than an advertisement may be late.
   *
   * @throws KldError EHANDOVER
   */
  async captureSlow(): Promise<ModuleStates> {
    const states: Record<string, Json> = {};
    for (const { name, instance } of this.#table.files.values()) {
      if (!this.#slow.has(name)) continue;
      const state = await handOver(name, instance);
      if (state !== undefined) states[name] = state;
    }
    return states;
  }

  /** As `capture`, in one turn of the event loop. What a module cannot say at once is taken from `earlier`. */
  captureNow(earlier: ModuleStates): ModuleStates {
    const states: Record<string, Json> = {};
    for (const file of this.#table.files.values()) {
      const state: unknown = file.instance.handover?.();
      if (isThenable(state)) void Promise.resolve(state).catch(() => {});
      const taken = isThenable(state) ? earlier[file.name] : (state as Json | undefined);
      if (taken === undefined) continue;
      states[file.name] = taken;
      file.handedOver = true;
    }
    return states;
  }

  /**
   * Gives each module the newest state of its predecessor, once more after its loading, and in one turn.
   * @throws CarpetError EHANDOVER, and what a module's `takeover` throws: the predecessor must go on then
   */
  take(states: ModuleStates): void {
    for (const { name, instance } of this.#table.files.values()) {
      if (instance.takeover === undefined || states[name] === undefined) continue;
      if (isThenable(instance.takeover(states[name])))
        throw new CarpetError('EHANDOVER', `${name}: its takeover must end at once when it is called again`);
    }
  }

  /** This kernel is at work from now on. */
  begin(): void {
    this.#states = undefined;
    this.#eventhandler.invoke('succession_event', 'begun');
  }

  /** The predecessor has gone. */
  alone(): void {
    this.#eventhandler.invoke('succession_event', 'alone');
  }

  /** The next capture and what follows it will take long. */
  pausing(): void {
    this.#eventhandler.invoke('succession_event', 'pausing');
  }

  /** The successor is at work; what remains is `kernel.shutdown('replace')`. */
  give(): void {
    this.#eventhandler.invoke('succession_event', 'given');
  }
}
