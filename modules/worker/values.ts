import { CarpetError } from '../../core/index.js';

/** Objects and their members in one value: copying them holds up the thread. */
const MAX_NODES = 10_000;
const MAX_CHARACTERS = 1_000_000;

/**
 * The value that crosses for another one, as a copy of this moment:
 * - data as structured clone copies it: plain objects, arrays, Map, Set, Date, RegExp, Error, bytes, circles too;
 * - for an object with a `toJSON` method, what that returns; for one of a class with a `toString` of its own, that text;
 * - of an object of another class, its own enumerable members; its class is lost;
 * - functions and symbols are left out as members, and undefined in their own place.
 *
 * @throws CarpetError EMSGSIZE for more than 10,000 members or a million characters; what a `toJSON` or a getter throws
 */
export function toValue(value: unknown): unknown {
  return isSimple(value) ? value : new Copier().copy(value);
}

/** The values of an event's arguments. */
export function toValues(args: readonly unknown[]): unknown[] {
  return args.map(toValue);
}

function isSimple(value: unknown): boolean {
  const type = typeof value;
  return (
    type === 'number' ||
    type === 'boolean' ||
    value === null ||
    (type === 'string' && (value as string).length < 1_000)
  );
}

/** Says its name. */
interface Named {
  toString: () => string;
}

/** Of a class that has a `toString` of its own, as addresses have. */
function isNamed(value: object): value is Named {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Object.prototype || prototype === null) return false;
  return typeof value.toString === 'function' && value.toString !== Object.prototype.toString;
}

function nameOf(value: Named): string {
  return value.toString();
}

class Copier {
  readonly #copies = new Map<object, unknown>();
  #nodes = 0;
  #characters = 0;

  copy(value: unknown): unknown {
    switch (typeof value) {
      case 'string':
        this.#count(value.length);
        return value;
      case 'function':
      case 'symbol':
        return undefined;
      case 'object':
        return value === null ? null : this.#object(value);
      default:
        return value;
    }
  }

  #object(value: object): unknown {
    if (this.#copies.has(value)) return this.#copies.get(value);
    this.#count(0);
    const copy = this.#bytes(value) ?? this.#special(value);
    if (copy !== undefined) return this.#noted(value, copy);
    if (Array.isArray(value)) return this.#array(value);
    if (value instanceof Map) return this.#map(value);
    if (value instanceof Set) return this.#set(value);
    const { toJSON } = value as { toJSON?: unknown };
    if (typeof toJSON === 'function') return this.#noted(value, this.copy(toJSON.call(value)));
    return isNamed(value) ? this.#noted(value, this.copy(nameOf(value))) : this.#members(value);
  }

  #special(value: object): object | undefined {
    if (value instanceof Date) return new Date(value);
    if (value instanceof RegExp) return new RegExp(value);
    if (!(value instanceof Error)) return undefined;
    const { name, message, stack } = value;
    this.#count(message.length + (stack?.length ?? 0));
    return Object.assign(new Error(message), { name, stack });
  }

  #bytes(value: object): object | undefined {
    if (value instanceof ArrayBuffer) {
      this.#count(value.byteLength);
      return value.slice(0);
    }
    if (!(value instanceof Uint8Array)) return undefined;
    this.#count(value.byteLength);
    return Uint8Array.from(value);
  }

  #array(value: readonly unknown[]): unknown[] {
    const copy: unknown[] = this.#noted(value, []);
    for (const item of value) {
      this.#count(0);
      copy.push(this.copy(item));
    }
    return copy;
  }

  #map(value: ReadonlyMap<unknown, unknown>): Map<unknown, unknown> {
    const copy = this.#noted(value, new Map<unknown, unknown>());
    for (const [key, item] of value) copy.set(this.copy(key), this.copy(item));
    return copy;
  }

  #set(value: ReadonlySet<unknown>): Set<unknown> {
    const copy = this.#noted(value, new Set<unknown>());
    for (const item of value) copy.add(this.copy(item));
    return copy;
  }

  #members(value: object): object {
    const copy = this.#noted(value, {});
    for (const key of Object.keys(value)) {
      const item: unknown = (value as Record<string, unknown>)[key];
      if (typeof item === 'function' || typeof item === 'symbol') continue;
      // Not an assignment: a member called __proto__ would not be one of the copy.
      Object.defineProperty(copy, key, {
        value: this.copy(item),
        enumerable: true,
        writable: true,
        configurable: true,
      });
    }
    return copy;
  }

  #noted<T>(value: object, copy: T): T {
    this.#copies.set(value, copy);
    return copy;
  }

  #count(characters: number): void {
    this.#nodes++;
    this.#characters += characters;
    if (this.#nodes <= MAX_NODES && this.#characters <= MAX_CHARACTERS) return;
    throw new CarpetError(
      'EMSGSIZE',
      `too large to cross into another address space: more than ${MAX_NODES} members or ${MAX_CHARACTERS} characters`,
    );
  }
}
