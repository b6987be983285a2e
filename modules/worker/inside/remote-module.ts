import { Module, type ModuleClass, notOffered } from '../../../core/index.js';

/** What the loader calls of a module: not to be offered, and not to be called here. */
const LIFECYCLE = new Set([
  'constructor',
  'start',
  'stop',
  'quiesce',
  'reconfigure',
  'changes',
  'handover',
  'takeover',
]);

/** Calls a method of a module in the kernel outside. */
export type CallOffer = (module: string, method: string, args: readonly unknown[]) => Promise<unknown>;

/**
 * A module that stands for one of the kernel outside: its methods go there, as far as they are offered.
 *
 * @param of its class, where the module in the thread names it by class
 */
export function remoteModule(
  name: string,
  offers: readonly string[],
  of: ModuleClass | undefined,
  call: CallOffer,
): ModuleClass {
  class Remote {}
  const define = (key: string, value: (...args: unknown[]) => Promise<unknown>): void => {
    Object.defineProperty(Remote.prototype, key, { value, configurable: true });
  };
  for (const key of membersOf(of)) define(key, () => Promise.reject(notOffered(name, key, offers)));
  for (const key of offers) {
    if (LIFECYCLE.has(key)) continue;
    define(key, (...args) => call(name, key, args));
  }
  Module({ name })(Remote);
  return Remote;
}

function membersOf(of: ModuleClass | undefined): string[] {
  const prototype = (of?.prototype ?? {}) as object;
  return Object.getOwnPropertyNames(prototype).filter((key) => !LIFECYCLE.has(key));
}
