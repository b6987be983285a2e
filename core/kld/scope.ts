import { CarpetError } from '../errors.js';
import type {
  EventArgs,
  EventHandlerRegistry,
  EventHandlerTag,
  EventName,
  Handler,
  HandlerWithArg,
  RegisterOptions,
} from '../eventhandler/index.js';
import {
  type AnyRegistration,
  type Argument,
  asRegistration,
  type NotPriority,
} from '../eventhandler/registration.js';
import { type Sysctl, SysctlMaker, type SysctlNode } from '../sysctl/index.js';
import type { Callout, Clock } from '../time/index.js';
import { OwnedClock } from '../time/owned-clock.js';
import type { AnswerVerb, StreamVerb, Verbs } from '../verb/index.js';

type Resource = Disposable | AsyncDisposable;

/** What a scope needs of its kernel. */
export interface ScopeServices {
  readonly eventhandler: EventHandlerRegistry;
  readonly clock: Clock;
  readonly sysctl: Sysctl;
  readonly verbs: Verbs;
}

/**
 * Everything that a module has acquired: handler tags, callouts, sysctls, sockets, child scopes. Closing gives it
 * all back, the last acquired first, after the handlers: no new calls from the first moment on, then the running
 * ones are awaited, then the rest goes.
 *
 * A part of a module that comes and goes on its own (a vhid, a client connection) gets a {@link child} scope.
 */
export class Scope implements AsyncDisposable {
  /** The module's name, with the child's after a slash. */
  readonly name: string;
  /** Makes sysctl nodes that are removed when the scope closes. */
  readonly sysctl: SysctlMaker;
  /** The kernel's clock; what is made of it is listed under this scope's name. */
  readonly clock: Clock;
  readonly #services: ScopeServices;
  readonly #parent: Scope | undefined;
  readonly #tags = new Set<EventHandlerTag>();
  readonly #resources = new Set<Resource>();
  #closing: Promise<void> | undefined;

  constructor(name: string, services: ScopeServices, parent?: Scope) {
    this.name = name;
    this.#services = services;
    this.#parent = parent;
    this.sysctl = new ScopedSysctl(this, services.sysctl);
    this.clock = new OwnedClock(services.clock, this);
  }

  /** @internal Whether it was made for the kernel that gave these services. */
  isOf(services: ScopeServices): boolean {
    return this.#services === services;
  }

  get closed(): boolean {
    return this.#closing !== undefined;
  }

  /** How many things it holds; for introspection and leak tests. */
  get size(): number {
    return this.#tags.size + this.#resources.size;
  }

  /**
   * Hands a thing over to be disposed of with the scope. @returns the thing
   * @throws CarpetError ECLOSED when the scope is closed; the thing is disposed of then
   */
  own<T extends Resource>(resource: T): T {
    if (this.closed) void dispose(resource).catch(() => {});
    this.#assertOpen();
    this.#resources.add(resource);
    return resource;
  }

  /** Takes a thing back that was disposed of on its own, or lives on elsewhere. */
  disown(resource: Resource): boolean {
    return this.#resources.delete(resource);
  }

  /** Something to do when the scope closes. */
  defer(undo: () => void | Promise<void>): void {
    this.own({ [Symbol.asyncDispose]: async () => undo() });
  }

  /** A scope within this one: closed with it, or before. */
  child(name: string): Scope {
    return this.own(new Scope(`${this.name}/${name}`, this.#services, this));
  }

  /** callout_init(9), stopped when the scope closes. */
  callout(name: string, fn: (late: number) => void): Callout {
    return this.own(this.clock.callout(`${this.name} ${name}`, fn));
  }

  /**
   * Offers a verb to the outside for as long as the scope is open.
   * @throws VerbError EEXIST, EINVAL as {@link Verbs.register}
   */
  verb<I = undefined, O = unknown>(verb: AnswerVerb<I, O>): Disposable;
  verb<I = undefined, T = unknown>(verb: StreamVerb<I, T>): Disposable;
  verb(verb: unknown): Disposable {
    this.#assertOpen();
    return this.own(this.#services.verbs.register(verb as AnswerVerb<unknown, unknown>));
  }

  /** As the registry's `register`; the tag dies with the scope and is listed under the module's name. */
  register<N extends EventName>(name: N, options: RegisterOptions<EventArgs<N>>): EventHandlerTag;
  register<N extends EventName, T>(name: N, options: RegisterOptions<EventArgs<N>, T>): EventHandlerTag;
  register<N extends EventName, T extends Argument>(
    name: N,
    func: HandlerWithArg<T, EventArgs<N>>,
    arg: T,
    priority: number | undefined,
  ): EventHandlerTag;
  register<N extends EventName, T extends NotPriority>(
    name: N,
    func: HandlerWithArg<T, EventArgs<N>>,
    arg: T,
  ): EventHandlerTag;
  // The commonest form last: of a call that fits none, the compiler explains what the last one lacks.
  register<N extends EventName>(
    name: N,
    func: Handler<EventArgs<N>>,
    arg?: undefined,
    priority?: number,
  ): EventHandlerTag;
  register(event: string, first: unknown, arg?: unknown, priority?: number): EventHandlerTag {
    return this.attach(event, asRegistration(event, first, arg, priority));
  }

  /** @internal `register` without the types, for the loader. */
  attach(event: string, registration: AnyRegistration): EventHandlerTag {
    this.#assertOpen();
    const removed = (): void => void this.#tags.delete(tag);
    const tag = this.#services.eventhandler.enter(event, { ...registration, owner: this.name, removed });
    this.#tags.add(tag);
    return tag;
  }

  /** Gives everything back. Idempotent: every call gets the same promise. @throws the first error met, after all is done */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Only the handlers: none is called any more from this moment on; resolves when their running calls have ended. */
  async closeHandlers(): Promise<void> {
    const drained = [...this.#tags].map((tag) => tag[Symbol.asyncDispose]());
    this.#tags.clear();
    for (const resource of this.#resources) {
      if (resource instanceof Scope) drained.push(resource.closeHandlers());
    }
    await Promise.all(drained);
  }

  async #close(): Promise<void> {
    const errors: unknown[] = [];
    const collect = (error: unknown): void => void errors.push(error);
    await this.closeHandlers().catch(collect);
    for (const resource of [...this.#resources].toReversed()) {
      await dispose(resource).catch(collect);
      this.#resources.delete(resource);
    }
    this.#parent?.disown(this);
    if (errors.length > 0) {
      throw new CarpetError('ECLOSE', `${this.name}: giving back what it held failed: ${String(errors[0])}`, {
        cause: errors.length === 1 ? errors[0] : new AggregateError(errors),
      });
    }
  }

  #assertOpen(): void {
    if (this.closed)
      throw new CarpetError('ECLOSED', `${this.name} is being unloaded and can acquire nothing more`);
  }
}

async function dispose(resource: Resource): Promise<void> {
  if (Symbol.asyncDispose in resource) await resource[Symbol.asyncDispose]();
  else resource[Symbol.dispose]();
}

class ScopedSysctl extends SysctlMaker {
  readonly #scope: Scope;
  readonly #tree: Sysctl;

  constructor(scope: Scope, tree: Sysctl) {
    super();
    this.#scope = scope;
    this.#tree = tree;
  }

  override add<N extends SysctlNode>(node: N): N {
    this.#tree.add(node);
    this.#scope.own({ [Symbol.dispose]: () => void this.#tree.remove(node.name) });
    return node;
  }
}
