import { CarpetError, shown } from '../errors.js';

/** A value that does not fit, or a node that is not there. Codes: ENOENT, EEXIST, EINVAL, ERANGE, EPERM. */
export class SysctlError extends CarpetError {
  override readonly name = 'SysctlError';
}

/** What a sysctl is and does. */
export interface SysctlOptions<T> {
  /** One line: what it does, with its unit. */
  description: string;
  /** The value it starts with; also its documented default. */
  value: T;
  /** Only the owner changes it, by assigning; `Sysctl.set` refuses. */
  readonly?: boolean;
  /**
   * Turns what was written into what is stored, as a sysctl handler of the kernel does: FreeBSD's
   * net.inet.carp.demotion adds the written number. Throw to refuse.
   */
  set?: (written: T, old: T) => T;
  /** The `set` handler adds what is written to the value, which others add to as well. */
  cumulative?: boolean;
}

/** One named value. `value` is for its owner and for those that were handed the node; strangers go by the name. */
export abstract class SysctlNode<T = unknown> {
  abstract readonly kind: 'int' | 'bool' | 'string' | 'enum' | 'counter';
  readonly name: string;
  readonly description: string;
  readonly default: T;
  readonly readonly: boolean;
  /** Writing adds to the value instead of replacing it. */
  readonly cumulative: boolean;
  // Typed with `never` so that a node of any type is a SysctlNode: only this class calls them, with its own T.
  readonly #set: ((written: never, old: never) => T) | undefined;
  readonly #listeners = new Set<(value: never, old: never) => void>();
  #value: T;

  constructor(name: string, options: SysctlOptions<T>) {
    this.name = name;
    this.description = options.description;
    this.default = options.value;
    this.readonly = options.readonly ?? false;
    this.cumulative = options.cumulative ?? false;
    this.#set = options.set;
    this.#value = options.value;
  }

  get value(): T {
    return this.#value;
  }

  /** Stores a value as it is, after its limits were checked; the `set` handler is for {@link write}. */
  set value(value: T) {
    this.check(value);
    const old = this.#value;
    if (Object.is(value, old)) return;
    this.#value = value;
    this.#tell(value, old);
  }

  /**
   * sysctl(8)'s `name=value`.
   *
   * @param written a value of the node's type, or its text
   * @throws SysctlError EPERM when read-only, EINVAL when it is not of the type, ERANGE when out of limits
   */
  write(written: unknown): void {
    const value = this.convert(written);
    this.value = this.#set === undefined ? value : this.#set(value as never, this.#value as never);
  }

  /** What {@link write} would take for the value. Changes nothing. @throws as `write` */
  convert(written: unknown): T {
    if (this.readonly) throw new SysctlError('EPERM', `sysctl ${this.name} is read-only`);
    const value = this.parse(written);
    this.check(value);
    return value;
  }

  /** Calls back after each change, until disposed. An error comes out of the change, after all listeners were called. */
  onChange(listener: (value: T, old: T) => void): Disposable {
    const entry = (value: T, old: T): void => listener(value, old);
    this.#listeners.add(entry);
    return { [Symbol.dispose]: () => void this.#listeners.delete(entry) };
  }

  #tell(value: T, old: T): void {
    const errors: unknown[] = [];
    for (const listener of this.#listeners) {
      try {
        listener(value as never, old as never);
      } catch (error) {
        errors.push(error);
      }
      // The listener wrote: all listeners have the newer value already, and must not get this one after it.
      if (!Object.is(this.#value, value)) break;
    }
    if (errors.length > 0) throw errors[0];
  }

  /** @internal What was written, as a value of this node's type. */
  protected abstract parse(written: unknown): T;

  /** @internal Throws unless the value is within the node's limits. */
  protected abstract check(value: T): void;

  protected refuse(code: 'EINVAL' | 'ERANGE', written: unknown, wanted: string): SysctlError {
    return new SysctlError(code, `sysctl ${this.name}: ${shown(written)} is not ${wanted}`);
  }
}
