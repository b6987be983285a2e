import * as nodeModule from 'node:module';
import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads';
import type { Finding } from './hooks-thread.js';
import { ownContext, ownRequired } from './own-package.js';
import { type ImportObserver, resolvedUrl } from './renewal.js';

/** As much of `module.registerHooks` (Node 22.15, 23.5) as is used here; the types are those of Node 20. */
interface SynchronousHooks {
  registerHooks?(hooks: { resolve: SynchronousResolve }): unknown;
}

interface Resolved {
  readonly url: string;
  readonly shortCircuit?: boolean;
}

interface ResolveContext {
  readonly parentURL?: string;
}

type NextResolve = (specifier: string, context: ResolveContext) => Resolved;
type SynchronousResolve = (specifier: string, context: ResolveContext, next: NextResolve) => Resolved;

/** What the hooks find. */
export interface HookObserver extends ImportObserver {
  /** @param digest what the file held; absent when it can be read at this moment */
  plain(parent: string, file: string, digest?: string): void;
}

const synchronous = nodeModule as SynchronousHooks;

/** Whether hooks cost next to nothing: before Node 22.15 they run on a thread of their own. */
export const HOOKS_ARE_CHEAP = synchronous.registerHooks !== undefined;

/**
 * Has Node import renewed code by {@link resolvedUrl} from now on. Hooks cannot be taken away; these leave all other
 * imports as they are.
 *
 * @returns takes in what they have found and not reported yet
 */
export function installHooks(observer: HookObserver): () => void {
  if (synchronous.registerHooks === undefined) return installInThread(observer);
  synchronous.registerHooks({
    resolve(specifier, context, next) {
      const resolved = find(specifier, context, next);
      return { ...resolved, url: resolvedUrl(resolved.url, context.parentURL, observer) };
    },
  });
  return () => undefined;
}

const find: SynchronousResolve = (specifier, context, next) => {
  try {
    return next(specifier, context);
  } catch (error) {
    const required = ownRequired(specifier, error);
    if (required !== undefined) return { url: required, shortCircuit: true };
    const own = ownContext(specifier, context, error);
    if (own === undefined) throw error;
    return next(specifier, own);
  }
};

function installInThread(observer: HookObserver): () => void {
  const { port1, port2 } = new MessageChannel();
  const receive = (found: Finding): void => {
    if ('version' in found) observer.renewed(found.version, found.file, found.digest);
    else observer.plain(found.parent, found.file, found.digest);
  };
  port1.on('message', receive);
  port1.unref();
  nodeModule.register('./hooks-thread.js', import.meta.url, { data: port2, transferList: [port2] });
  return () => {
    for (let next = receiveMessageOnPort(port1); next !== undefined; next = receiveMessageOnPort(port1))
      receive(next.message as Finding);
  };
}
