import type { EventHandlerRegistry, EventHandlerRegistryOptions } from '../eventhandler/index.js';
import type { Sysctl } from '../sysctl/index.js';
import type { Verbs } from '../verb/index.js';
import { KldError } from './errors.js';
import type { ModuleClass } from './module.js';

/**
 * How a module can be given an address space of its own, by name, each with its options. A module that provides one
 * adds it: `worker` is declared by `carpet-kernel/worker`.
 */
// biome-ignore lint/suspicious/noEmptyInterface: augmented by what provides address spaces
export interface IsolationKinds {}

/** The name of a declared kind of address space. */
export type IsolationName = Extract<keyof IsolationKinds, string>;

/** What `kernel.load` takes as `isolate`: a name, or a name with options. */
export type Isolate =
  | IsolationName
  | { [K in IsolationName]: { readonly in: K } & IsolationKinds[K] }[IsolationName];

/** Runs modules in address spaces of one kind. */
export interface Isolation {
  /**
   * Makes a module that stands for another one: loaded in this kernel, it runs the other one elsewhere.
   *
   * @param module a class, or the URL or package of the file that exports it
   * @param options of {@link Isolate}, not checked yet
   * @returns a class of the same name; for the same module always the same one while it is loaded
   */
  standIn(module: ModuleClass | string, options: Readonly<Record<string, unknown>>): Promise<ModuleClass>;

  /**
   * What stands for the same module with the code that its files have now.
   *
   * @param standIn of {@link standIn}, loaded
   * @returns the same stand-in where no file has changed since the module was started
   */
  renew(standIn: ModuleClass, options: Readonly<Record<string, unknown>>): Promise<ModuleClass>;
}

/** Where an isolated module runs, for `kernel.modules()`. */
export interface IsolationInfo {
  /** The kind of address space. */
  readonly in: string;
  readonly state: 'starting' | 'running' | 'restarting' | 'failed' | 'ended';
  /** How often it was started again. */
  readonly restarts: number;
  /** Events that wait for it, or that it has not reported handled. */
  readonly queued: number;
  /** Events that were dropped because its queue was full, or lost when it ended. */
  readonly dropped: number;
  /** Why it ended the last time. */
  readonly lastEnd?: string;
}

/** The member of an instance that says where it runs; only stand-ins have it. */
export const ISOLATION = Symbol('carpet: isolation');

/** The instance of a module that stands for one in another address space. */
export interface Isolated {
  [ISOLATION](): IsolationInfo;
}

/** @returns undefined for a module of this address space */
export function isolationInfo(instance: object | undefined): IsolationInfo | undefined {
  return instance !== undefined && ISOLATION in instance ? (instance as Isolated)[ISOLATION]() : undefined;
}

/** @internal What a kernel in another address space has of its own kind. */
export interface KernelParts {
  readonly eventhandler: (options: EventHandlerRegistryOptions) => EventHandlerRegistry;
  readonly sysctl: Sysctl;
  readonly verbs: Verbs;
}

/** The kinds of address spaces of one kernel. */
export class Isolations {
  readonly #kinds = new Map<string, Isolation>();

  /** @returns takes it away again */
  register(name: IsolationName, isolation: Isolation): Disposable {
    this.#kinds.set(name, isolation);
    return { [Symbol.dispose]: () => void this.#kinds.delete(name) };
  }

  /** Whether something provides that kind of address space. */
  has(name: string): boolean {
    return this.#kinds.has(name);
  }

  /** @throws KldError EDEPEND when nothing provides that kind of address space; else as {@link Isolation.standIn} */
  async standIn(isolate: Isolate | string, module: ModuleClass | string): Promise<ModuleClass> {
    const { isolation, options } = this.#find(isolate);
    return isolation.standIn(module, options);
  }

  /** As {@link Isolation.renew}. @throws KldError EDEPEND */
  async renew(isolate: Isolate | string, standIn: ModuleClass): Promise<ModuleClass> {
    const { isolation, options } = this.#find(isolate);
    return isolation.renew(standIn, options);
  }

  #find(isolate: Isolate | string): { isolation: Isolation; options: Readonly<Record<string, unknown>> } {
    const { in: name, ...options } = typeof isolate === 'string' ? { in: isolate } : (isolate as Named);
    const isolation = this.#kinds.get(name);
    if (isolation !== undefined) return { isolation, options };
    throw new KldError(
      'EDEPEND',
      `isolate: nothing provides ${name}; for 'worker' load WorkerModule of carpet-kernel/worker first`,
    );
  }
}

type Named = { readonly in: string } & Readonly<Record<string, unknown>>;
