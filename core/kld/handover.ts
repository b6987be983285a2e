import { CarpetError, describe } from '../errors.js';
import type { Json } from '../json.js';
import { isThenable } from '../thenable.js';
import { KldError, moduleFailure } from './errors.js';
import type { ModuleLifecycle } from './module.js';

/**
 * Asks a module for its state.
 *
 * @param waits called when it cannot say its state in one turn
 * @returns a copy of its state; undefined when the module has no `handover`
 * @throws KldError EHANDOVER, or the code of what its `handover` threw
 */
export async function handOver(
  name: string,
  instance: ModuleLifecycle,
  waits: () => void = () => undefined,
): Promise<Json | undefined> {
  if (instance.handover === undefined) return undefined;
  try {
    const answer: unknown = instance.handover();
    if (isThenable(answer)) waits();
    return copyJson(await answer, 'state', []);
  } catch (error) {
    throw moduleFailure(name, 'its handover', 'EHANDOVER', error);
  }
}

/**
 * Gives a new instance the state of its predecessor.
 *
 * @param state undefined when there is none: a no-op, as for a module without `takeover`
 * @throws KldError EHANDOVER, or the code of what its `takeover` threw
 */
export async function takeOver(
  name: string,
  instance: ModuleLifecycle,
  state: Json | undefined,
): Promise<void> {
  if (state === undefined) return;
  try {
    await instance.takeover?.(state);
  } catch (error) {
    throw moduleFailure(name, 'its takeover', 'EHANDOVER', error);
  }
}

/**
 * A copy: a class with a `toJSON`, a Map or undefined would reach another process as something else, or not at all. It
 * checks and copies in one pass, because a thousand vhids hand over a quarter of a million values while timers wait.
 *
 * @param path the members that lead to it
 * @param within the objects that it is in
 */
function copyJson(value: unknown, path: string, within: object[]): Json {
  if (isPlain(value)) return value;
  if (typeof value !== 'object' || within.includes(value)) throw notJson(path, value);
  within.push(value);
  const copy = Array.isArray(value) ? copyArray(value, path, within) : copyObject(value, path, within);
  within.pop();
  return copy;
}

/** What is copied by being used; most of a state is. */
function isPlain(value: unknown): value is string | number | boolean | null {
  if (typeof value === 'number') return Number.isFinite(value);
  return value === null || typeof value === 'string' || typeof value === 'boolean';
}

function copyArray(array: readonly unknown[], path: string, within: object[]): Json[] {
  return Array.from(array, (item, i) => (isPlain(item) ? item : copyJson(item, `${path}.${i}`, within)));
}

function copyObject(object: object, path: string, within: object[]): Json {
  const prototype: unknown = Object.getPrototypeOf(object);
  if (prototype !== Object.prototype && prototype !== null) throw notJson(path, object);
  const copy: Record<string, Json> = {};
  for (const [key, member] of Object.entries(object)) {
    const value = isPlain(member) ? member : copyJson(member, `${path}.${key}`, within);
    // Assigning that name would set the prototype.
    if (key === '__proto__')
      Object.defineProperty(copy, key, { value, enumerable: true, writable: true, configurable: true });
    else copy[key] = value;
  }
  return copy;
}

function notJson(path: string, value: unknown): CarpetError {
  const what = typeof value === 'object' ? (value?.constructor?.name ?? 'object') : describe(value);
  return new KldError('EHANDOVER', `its handover gives ${what} in ${path}, which JSON cannot hold`);
}
