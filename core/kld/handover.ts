import { CarpetError, describe } from '../errors.js';
import type { Json } from '../json.js';
import { KldError, moduleFailure } from './errors.js';
import type { ModuleLifecycle } from './module.js';

/**
 * Asks a module for its state.
 *
 * @returns a copy of its state; undefined when the module has no `handover`
 * @throws KldError EHANDOVER, or the code of what its `handover` threw
 */
export async function handOver(name: string, instance: ModuleLifecycle): Promise<Json | undefined> {
  if (instance.handover === undefined) return undefined;
  try {
    const state: unknown = await instance.handover();
    assertJson(state, 'state', []);
    return structuredClone(state);
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

/** A class with a `toJSON`, a Map or undefined would reach another process as something else, or not at all. */
function assertJson(value: unknown, path: string, within: readonly object[]): asserts value is Json {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return;
  if (typeof value === 'number' && Number.isFinite(value)) return;
  if (typeof value !== 'object') throw notJson(path, value);
  const prototype: unknown = Object.getPrototypeOf(value);
  const plain = Array.isArray(value) || prototype === Object.prototype || prototype === null;
  if (!plain || within.includes(value)) throw notJson(path, value);
  const members = Array.isArray(value) ? value.entries() : Object.entries(value);
  for (const [key, member] of members) assertJson(member, `${path}.${key}`, [...within, value]);
}

function notJson(path: string, value: unknown): CarpetError {
  const what = typeof value === 'object' ? (value?.constructor?.name ?? 'object') : describe(value);
  return new KldError('EHANDOVER', `its handover gives ${what} in ${path}, which JSON cannot hold`);
}
