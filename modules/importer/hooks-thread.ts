/**
 * @module
 * The hook for Node before 22.15, which runs hooks on a thread of its own. What it finds goes over a port.
 */
import type { InitializeHook, ResolveHook } from 'node:module';
import type { MessagePort } from 'node:worker_threads';
import { resolvedUrl } from './renewal.js';

const ports: MessagePort[] = [];

export const initialize: InitializeHook<MessagePort> = (port) => {
  ports.push(port);
};

export const resolve: ResolveHook = async (specifier, context, next) => {
  const resolved = await next(specifier, context);
  const url = resolvedUrl(resolved.url, context.parentURL, (found) => {
    for (const port of ports) port.postMessage(found);
  });
  return { ...resolved, url };
};
