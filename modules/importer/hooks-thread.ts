/**
 * @module
 * The hook for Node before 22.15, which runs hooks on a thread of its own. What it finds goes over a port.
 */
import type { InitializeHook, ResolveHook } from 'node:module';
import type { MessagePort } from 'node:worker_threads';
import { ownContext } from './own-package.js';
import { digestOf, type ImportObserver, resolvedUrl } from './renewal.js';

/** What goes over the port. */
export type Finding =
  | { readonly version: string; readonly file: string; readonly digest: string }
  | { readonly parent: string; readonly file: string; readonly digest: string };

const ports: MessagePort[] = [];

function post(finding: Finding): void {
  for (const port of ports) port.postMessage(finding);
}

const observer: ImportObserver = {
  renewed: (version, file, digest) => post({ version, file, digest }),
  plain(parent, file) {
    if (!file.includes('/node_modules/')) post({ parent, file, digest: digestOf(file) });
  },
};

export const initialize: InitializeHook<MessagePort> = (port) => {
  ports.push(port);
};

const find: ResolveHook = async (specifier, context, next) => {
  try {
    return await next(specifier, context);
  } catch (error) {
    const own = ownContext(specifier, context, error);
    if (own === undefined) throw error;
    return next(specifier, own);
  }
};

export const resolve: ResolveHook = async (specifier, context, next) => {
  const resolved = await find(specifier, context, next);
  return { ...resolved, url: resolvedUrl(resolved.url, context.parentURL, observer) };
};
