import type { StandardSchemaV1 } from '@standard-schema/spec';
import { type Class, inheritTokens } from '../di.js';
import { CarpetError } from '../errors.js';
import type { Json } from '../json.js';
import type { Optional } from './optional.js';
import { callingFile, noteOrigin } from './origin.js';

/** A class decorated with {@link Module}. */
// biome-ignore lint: constructors of modules take whatever they inject
export type ModuleClass<T extends object = object> = new (...args: never[]) => T;

/** How a module ends: for good, or because another version that has its state is at work. */
export type ModuleEnd = 'unload' | 'replace';

/** What a module may do besides being constructed; every method is optional. */
export interface ModuleLifecycle {
  /** Acquires what it needs, into its scope. When it throws, nothing of the module stays behind. */
  start?(): void | Promise<void>;
  /** Asked before unloading, after `kld_unload_try`: a text refuses and says why. It must only ask, not act. */
  quiesce?(): undefined | string | Promise<undefined | string>;
  /**
   * Takes new settings while it runs, whole or not at all: when it throws, the settings of before are in force.
   * Without this method new settings mean unloading and loading again.
   *
   * @param settings checked against the module's schema, as those that are injected
   */
  reconfigure?(settings: unknown): void | Promise<void>;
  /**
   * What {@link reconfigure} would change now, one line each (`1@eth0: advskew 0 -> 50`), and nothing else: it must
   * only compare. Empty when the module already runs as the settings say. No secret may be in it.
   */
  changes?(settings: unknown): readonly string[] | Promise<readonly string[]>;
  /**
   * Gives its state to a successor: a newer version of its code, or the same module in another process. It must only
   * ask, not act: when the successor fails, this one goes on. In a reload, calls of its handlers wait from before this
   * until the successor is at work or has failed; callouts do not wait.
   *
   * @returns plain JSON, of which the successor gets a copy; read it there as input from outside, since its code may be
   *   of another version
   */
  handover?(): Json | Promise<Json>;
  /**
   * Takes over what a predecessor's {@link handover} gave: after the constructor, before `start`. When it throws, the
   * predecessor goes on. It is not called where there is no predecessor, or that had no `handover`.
   *
   * A successor in another process stands by at first (see `Succession`): there it is called a second time, with the
   * newest state and when everything is loaded, and must end at once then.
   */
  takeover?(state: Json): void | Promise<void>;
  /**
   * Ends its work while everything it holds still works: the bow-out of CARP. Its handlers are gone already.
   *
   * @param end `replace` when another version with its state is at work, or will be at once: its successor, or the one
   *   before it that goes on because the reload has failed. What lives on there, such as a shared address, must stay
   */
  stop?(end: ModuleEnd): void | Promise<void>;
}

/** What `@Module` says of a class. */
export interface ModuleDefinition {
  /** Unique in a kernel; lower-case words joined by hyphens. */
  readonly name: string;
  /**
   * The modules it uses, loaded before it and kept while it is loaded. A function where the classes refer to each
   * other's files in a circle; a name where the class is not at hand (it must then be loaded already). With `optional`,
   * one that is used if it is loaded, and injected as undefined if it is not.
   */
  readonly depends?: readonly ModuleReference[];
  /**
   * Follows what it depends on: when a dependency is unloaded, this module is unloaded first instead of keeping that one
   * loaded, and it is loaded again, with its settings but without its state, as soon as the dependency is. It goes on
   * without an optional dependency, and is restarted when that comes.
   */
  readonly follows?: boolean;
  /** Describes the settings: any Standard Schema (valibot, zod …). Without one the module takes no settings. */
  readonly settings?: StandardSchemaV1;
  /**
   * Paths of settings that are secrets, `*` standing for any member: `vhids.*.password`. They are never shown, and a
   * settings file names a file or a credential that holds them instead of the secret itself.
   */
  readonly secrets?: readonly string[];
  /**
   * How a newer version takes its place in a reload: it starts `beside` this one, which is the default, or `after` this
   * one has stopped, because it holds what only one can have, such as a port.
   */
  readonly reload?: 'beside' | 'after';
  /**
   * Methods that modules in address spaces of their own may call, through the same class that they inject. Arguments
   * and results cross by value, and every call returns a promise.
   */
  readonly offers?: readonly string[];
}

/** An entry of `depends`: a class, the name of a loaded module, or a function that returns the class; or one of these that is optional. */
export type ModuleReference = RequiredReference | Optional<RequiredReference>;

/** Names a module. */
type RequiredReference = ModuleClass | string | (() => ModuleClass);

/** The members of a class that the loader calls, with the types that it expects. */
type LifecycleOf<I> = { [K in keyof I & keyof ModuleLifecycle]: ModuleLifecycle[K] };

/** A decorator of classes; their lifecycle methods, if any, must fit {@link ModuleLifecycle}. */
export type ModuleDecorator = <I extends LifecycleOf<I>>(cls: abstract new (...args: never[]) => I) => void;

const DEFINITION = Symbol('carpet: module');

/**
 * Makes a class a module that a kernel can load.
 *
 * The loader builds it (every constructor parameter names its token with `@inject`), calls `start`, registers its
 * `@EventHandler` methods, and undoes all of it when the module is unloaded.
 */
export function Module(definition: ModuleDefinition): ModuleDecorator {
  assertModuleName(definition.name);
  const origin = callingFile();
  return (cls) => {
    assertOffered(cls, definition);
    inheritTokens(cls);
    Object.defineProperty(cls, DEFINITION, { value: definition });
    noteOrigin(cls, origin);
  };
}

/** Whether it can be the name of a module or of an instance: lower-case words joined by hyphens. */
export function isModuleName(name: string): boolean {
  return /^[a-z0-9]+([-_.][a-z0-9]+)*$/.test(name);
}

/** @throws CarpetError EMODULE for what cannot be the name of a module or of an instance */
export function assertModuleName(name: string): void {
  if (isModuleName(name)) return;
  throw new CarpetError('EMODULE', `"${name}" is no module name: lower-case words joined by hyphens`);
}

/** @throws CarpetError EMODULE for an offer that is no method of the class */
function assertOffered(cls: Class, { name, offers = [] }: ModuleDefinition): void {
  const methods = cls.prototype as Record<string, unknown>;
  const missing = offers.find((method) => typeof methods[method] !== 'function');
  if (missing === undefined) return;
  throw new CarpetError('EMODULE', `${name} offers ${missing}, which is no method of ${cls.name}`);
}

/** Whether a value is a class decorated with {@link Module} itself, not by a parent class. */
export function isModuleClass(value: unknown): value is ModuleClass {
  return typeof value === 'function' && Object.hasOwn(value, DEFINITION);
}

/** What is wrong with a module of another copy of this package. */
export const FOREIGN =
  'belongs to another copy of carpet than this one: install one copy for both (npm ls shows them)';

/** Whether a value that is no module here is one of another copy of this package, whose kernel, log and clock are other classes. */
export function isForeignModule(value: unknown): boolean {
  if (typeof value !== 'function') return false;
  return Object.getOwnPropertySymbols(value).some(
    ({ description }) => description === DEFINITION.description,
  );
}

/** What `@Module` says of the class. @throws CarpetError EMODULE when it is not decorated */
export function moduleDefinition(cls: Class): ModuleDefinition {
  if (isModuleClass(cls)) return (cls as unknown as { [DEFINITION]: ModuleDefinition })[DEFINITION];
  const name = typeof cls === 'function' ? cls.name || 'an anonymous class' : String(cls);
  if (isForeignModule(cls)) throw new CarpetError('EMODULE', `${name} ${FOREIGN}`);
  throw new CarpetError('EMODULE', `${name} is not a module: decorate it with @Module({ name: … })`);
}
