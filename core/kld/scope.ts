import { CarpetError, describe } from '../errors.js';
import type { HandlerHandle } from '../eventhandler/handle.js';
import type {
  EventHandlerRegistry,
  EventHandlerTag,
  ResultList,
  ResultOptions,
} from '../eventhandler/index.js';
import type { AnyRegistration } from '../eventhandler/registration.js';
import { Tag } from '../eventhandler/tag.js';
import { type Sysctl, type SysctlMaker, SysctlNode } from '../sysctl/index.js';
import type { Callout, CalloutError, Clock } from '../time/index.js';
import { OwnedClock } from '../time/owned-clock.js';
import type { AnswerVerb, StreamVerb, Verb, Verbs } from '../verb/index.js';
import type { ModuleEnd } from './module.js';
import { Patience } from './patience.js';
import { ScopeEvents } from './scope-events.js';
import type { TaskError } from './scope-time.js';
import { registerVerb, ScopedSysctl } from './scoped-names.js';
import type { Seat, Stage } from './stage.js';

type Resource = Disposable | AsyncDisposable;

/** Of what comes and goes with another one. */
const NO_SEAT: Seat = { take() {}, giveBack() {} };

/** What a scope needs of its kernel. */
export interface ScopeServices {
  readonly eventhandler: EventHandlerRegistry;
  readonly clock: Clock;
  readonly sysctl: Sysctl;
  readonly verbs: Verbs;
  /** Receives the errors of callouts and tasks. */
  report(error: CalloutError | TaskError): void;
}

/**
 * Everything that a module has acquired: handler tags, callouts, sysctls, sockets, child scopes. Closing gives it
 * all back, the last acquired first, after the handlers: no new calls from the first moment on, then the running
 * ones are awaited, then the rest goes.
 *
 * A part of a module that comes and goes on its own (a vhid, a client connection) gets a {@link child} scope.
 */
export class Scope extends ScopeEvents implements AsyncDisposable {
  /** The module's name, with the child's after a slash. */
  override readonly name: string;
  /** Makes sysctl nodes that are removed when the scope closes. */
  readonly sysctl: SysctlMaker;
  readonly #services: ScopeServices;
  readonly #parent: Scope | undefined;
  readonly #clock: OwnedClock;
  readonly #tags = new Set<EventHandlerTag>();
  /** Of these, what stands for code that waits for an event: a reload neither mutes nor holds it. */
  readonly #waits = new WeakSet<EventHandlerTag>();

  /** Everything it holds, each with how to give it back. */
  readonly #held = new Map<object, (patience: Patience) => unknown>();
  #controller: AbortController | undefined;
  /** While an earlier version of the module is at work, or has been until now. */
  readonly #stage: Stage | undefined;
  /** Its handlers are dead, its signal has aborted. */
  #ending = false;
  #end: ModuleEnd = 'unload';
  #closing: Promise<void> | undefined;

  /** @internal Scopes are made by the loader, and by {@link child}. */
  constructor(
    name: string,
    services: ScopeServices,
    { parent, stage }: { readonly parent?: Scope; readonly stage?: Stage | undefined } = {},
  ) {
    super();
    this.name = name;
    this.#services = services;
    this.#parent = parent;
    this.#stage = stage;
    this.sysctl = new ScopedSysctl(services.sysctl, stage, (thing, giveBack) => this.#hold(thing, giveBack));
    this.#clock = new OwnedClock(services.clock, this, (error) => services.report(error));
  }

  /** The module's name. */
  get #module(): string {
    return this.#parent === undefined ? this.name : this.#parent.#module;
  }

  /** @internal How its module ends, from the moment when {@link signal} aborts. */
  get end(): ModuleEnd {
    return this.#end;
  }

  /** @internal Whether it was made for the kernel that gave these services. */
  isOf(services: ScopeServices): boolean {
    return this.#services === services;
  }

  /** Whether it has been closed, or is being closed: nothing more can be acquired. */
  get closed(): boolean {
    return this.#closing !== undefined;
  }

  /** How many things it holds; for introspection and leak tests. */
  get size(): number {
    return this.#tags.size + this.#held.size;
  }

  /**
   * The kernel's clock; what is made of it is listed under this scope's name, and stopped when the scope closes. For a
   * callout that comes and goes {@link callout} is better: the scope then holds it, and waits for it.
   */
  override get clock(): Clock {
    return this.#clock;
  }

  /**
   * Aborts when the module is being unloaded, or the scope is closed: before its running handlers are waited for, so that
   * what they wait for can give up. Pass it on to everything that takes one.
   */
  override get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#ending) this.#abort();
    }
    return this.#controller.signal;
  }

  /**
   * Hands a thing over to be disposed of with the scope. @returns the thing
   * @throws CarpetError ECLOSED when the scope is closed; the thing is disposed of then. EINVAL when it cannot be
   *   disposed of: {@link defer} is for those
   */
  own<T extends Resource>(resource: T): T {
    if (!(Symbol.asyncDispose in resource) && !(Symbol.dispose in resource)) {
      throw new CarpetError(
        'EINVAL',
        `${this.name}: cannot own what has no [Symbol.dispose]; say with defer(() => …) how it is given back`,
      );
    }
    this.#hold(resource, () => dispose(resource));
    return resource;
  }

  /** Forgets a thing that was disposed of on its own, or lives on elsewhere. @returns whether the scope had it */
  disown(resource: object): boolean {
    return this.#held.delete(resource);
  }

  /** Disposes of a thing that the scope owns, before its time, and forgets it. */
  async release(resource: Resource): Promise<void> {
    this.disown(resource);
    await dispose(resource);
  }

  /**
   * Something to do when the scope closes.
   * @throws CarpetError ECLOSED when the scope is closed; it is done at once then
   */
  defer(undo: () => void | Promise<void>): void {
    this.#hold({}, undo);
  }

  /** A scope within this one: closed with it, or before. */
  child(name: string): Scope {
    const child = new Scope(`${this.name}/${name}`, this.#services, { parent: this, stage: this.#stage });
    this.#hold(child, (patience) => child.closeWithin(patience));
    return child;
  }

  /**
   * callout_init(9), stopped when the scope closes, which waits for what it still does. Disposing of it takes it out of
   * the scope.
   *
   * @param fn may be async; what it throws or rejects with is reported by the kernel, with this scope's name
   */
  override callout(name: string, fn: (late: number) => void | Promise<void>): Callout {
    const callout = this.#clock.callout(`${this.name} ${name}`, fn);
    callout.disposed = () => void this.disown(callout);
    this.#hold(callout, () => {
      callout[Symbol.dispose]();
      return this.#clock.drain(callout);
    });
    return callout;
  }

  /**
   * Offers a verb to the outside for as long as the scope is open.
   * @throws VerbError EEXIST, EINVAL as {@link Verbs.register}
   */
  verb<I = undefined, O = unknown>(verb: AnswerVerb<I, O>): Disposable;
  verb<I = undefined, T = unknown>(verb: StreamVerb<I, T>): Disposable;
  verb(verb: unknown): Disposable {
    const registered = registerVerb(this.#services.verbs, verb as Verb, this.#module, this.#stage);
    const giveBack = (): void => registered[Symbol.dispose]();
    this.#hold(verb as Verb, giveBack);
    return {
      [Symbol.dispose]: () => {
        this.disown(verb as Verb);
        giveBack();
      },
    };
  }

  override attach(event: string, registration: AnyRegistration): EventHandlerTag {
    const tag = this.#attach(event, registration);
    if (this.#stage?.entered === false) this.#stage.mute(Tag.handleOf(tag));
    return tag;
  }

  protected override get lists(): EventHandlerRegistry {
    this.#assertOpen();
    return this.#services.eventhandler;
  }

  protected override defineResult(event: string, options: ResultOptions): ResultList {
    const { eventhandler } = this.#services;
    const definer = { succeeds: (other: object) => this.#stage?.mayReplace(other) === true };
    const list = eventhandler.defineListBy(definer, event, options);
    this.#hold(definer, () => eventhandler.undefineList(event, definer));
    return list;
  }

  /**
   * For a table of names that is not the kernel's. In a reload the new version starts while the one before has the names
   * that both want.
   *
   * @param taken what stands in the way, as those own it who have it
   * @param seat told when this version takes its place, and when the one before has it again
   * @returns gives the wait up; undefined where something of it is not the version before's: that name is somebody else's
   */
  succeed(taken: readonly object[], seat: Seat): (() => void) | undefined {
    const stage = this.#stage;
    if (stage === undefined || !taken.every((thing) => stage.mayReplace(thing))) return undefined;
    const waits = taken.map((thing, index) => stage.wait(thing, index === 0 ? seat : NO_SEAT));
    return () => {
      for (const forget of waits) forget();
    };
  }

  protected override enterWait(event: string, registration: AnyRegistration): EventHandlerTag {
    const tag = this.#attach(event, registration);
    this.#waits.add(tag);
    return tag;
  }

  #attach(event: string, registration: AnyRegistration): EventHandlerTag {
    this.#assertOpen();
    const removed = (): void => {
      this.#tags.delete(tag);
      registration.removed?.();
    };
    const tag = this.#services.eventhandler.enter(event, { ...registration, owner: this.name, removed });
    this.#tags.add(tag);
    return tag;
  }

  /** @internal Its handlers, and those of the scopes within it. */
  handlers(): HandlerHandle[] {
    const own = [...this.#tags].filter((tag) => !this.#waits.has(tag)).map((tag) => Tag.handleOf(tag));
    return own.concat(...[...this.#within()].map((scope) => scope.handlers()));
  }

  /** @internal Its sysctls, and those of the scopes within it. */
  sysctls(): SysctlNode[] {
    const own = [...this.#held.keys()].filter((held) => held instanceof SysctlNode);
    return own.concat(...[...this.#within()].map((scope) => scope.sysctls()));
  }

  /** @internal Whether it, or a scope within it, holds the thing. */
  holds(thing: object): boolean {
    return this.#held.has(thing) || [...this.#within()].some((scope) => scope.holds(thing));
  }

  /**
   * Gives everything back. Idempotent: every call gets the same promise.
   * @throws CarpetError ECLOSE with the first error met, after all is done
   */
  close(): Promise<void> {
    return this.closeWithin(new Patience(this.#services.clock, this.name));
  }

  /** @internal As `close`, with a deadline. */
  closeWithin(patience: Patience): Promise<void> {
    this.#closing ??= this.#close(patience);
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /**
   * Ends the handlers alone: none is called from now on, and {@link signal} aborts. Resolves when their running calls
   * have ended.
   */
  async closeHandlers(end: ModuleEnd = 'unload'): Promise<void> {
    const drained = [...this.#tags].map(removal);
    if (!this.#ending) this.#end = end;
    this.#ending = true;
    this.#abort();
    for (const scope of this.#within()) drained.push(scope.closeHandlers(end));
    await Promise.all(drained);
  }

  /** @internal Waits for its tasks, and those of the scopes within it, which the abort of the signal has asked to end. */
  async endTasks(patience: Patience): Promise<void> {
    for (const { name, done } of this.tasks()) await patience.wait(`its task ${name}`, done);
    for (const scope of this.#within()) await scope.endTasks(patience);
  }

  protected override failed(error: TaskError): void {
    this.#services.report(error);
  }

  *#within(): Iterable<Scope> {
    for (const held of this.#held.keys()) if (held instanceof Scope) yield held;
  }

  #abort(): void {
    const reason = new CarpetError('ECLOSED', `${this.name} is being unloaded`);
    this.#controller?.abort(reason);
    this.wake(reason);
  }

  async #close(patience: Patience): Promise<void> {
    const errors: unknown[] = [];
    const collect = (error: unknown): void => void errors.push(error);
    await patience.wait('its handlers', this.closeHandlers()).catch(collect);
    await this.endTasks(patience);
    for (const [held, giveBack] of [...this.#held].toReversed()) {
      // What came later may have given it back already, as it was to: a descriptor that is closed twice may be another's.
      if (!this.#held.has(held)) continue;
      await patience.wait('what it holds', giving(giveBack, patience)).catch(collect);
      this.#held.delete(held);
    }
    this.#clock.close();
    await patience.wait('its callouts', this.#clock.drain()).catch(collect);
    this.#parent?.disown(this);
    if (errors.length > 0) {
      throw new CarpetError(
        'ECLOSE',
        `${this.name}: giving back what it held failed: ${describe(errors[0])}`,
        {
          cause: errors.length === 1 ? errors[0] : new AggregateError(errors),
        },
      );
    }
  }

  /** Gives back at once what comes after the scope was closed. */
  #hold(thing: object, giveBack: (patience: Patience) => unknown): void {
    if (this.closed) void giving(giveBack, new Patience(this.#services.clock, this.name)).catch(() => {});
    this.#assertOpen();
    this.#held.set(thing, giveBack);
  }

  #assertOpen(): void {
    if (this.closed)
      throw new CarpetError('ECLOSED', `${this.name} is being unloaded and can acquire nothing more`);
  }
}

/** In a promise, whether it throws or rejects. */
async function giving(giveBack: (patience: Patience) => unknown, patience: Patience): Promise<void> {
  await giveBack(patience);
}

async function dispose(resource: Resource): Promise<void> {
  if (Symbol.asyncDispose in resource) await resource[Symbol.asyncDispose]();
  else resource[Symbol.dispose]();
}

/** Removes a handler. One whose calls are held back stays in the list, for the one that holds them, to be removed later. */
function removal(tag: EventHandlerTag): Promise<void> {
  return Tag.handleOf(tag).ended ?? Promise.resolve(tag[Symbol.asyncDispose]());
}
