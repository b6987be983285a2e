import * as nodeModule from 'node:module';
import { MessageChannel } from 'node:worker_threads';
import { type RenewedImport, resolvedUrl } from './renewal.js';

/** As much of `module.registerHooks` (Node 22.15, 23.5) as is used here; the types are those of Node 20. */
interface SynchronousHooks {
  registerHooks?(hooks: {
    resolve(
      specifier: string,
      context: { readonly parentURL?: string },
      next: (specifier: string, context: unknown) => { readonly url: string },
    ): { readonly url: string };
  }): unknown;
}

/**
 * Has Node import renewed code by {@link resolvedUrl} from now on. Hooks cannot be taken away; these leave all other
 * imports as they are.
 */
export function installHooks(renewed: (found: RenewedImport) => void): void {
  const synchronous = nodeModule as SynchronousHooks;
  if (synchronous.registerHooks === undefined) {
    installInThread(renewed);
    return;
  }
  synchronous.registerHooks({
    resolve(specifier, context, next) {
      const resolved = next(specifier, context);
      return { ...resolved, url: resolvedUrl(resolved.url, context.parentURL, renewed) };
    },
  });
}

function installInThread(renewed: (found: RenewedImport) => void): void {
  const { port1, port2 } = new MessageChannel();
  port1.on('message', renewed);
  port1.unref();
  nodeModule.register('./hooks-thread.js', import.meta.url, { data: port2, transferList: [port2] });
}
