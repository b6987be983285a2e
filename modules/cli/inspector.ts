/**
 * Keeps Node's inspector shut. At SIGUSR1 a Node process opens it on a loopback port, and whoever connects runs code
 * in that process: with a daemon that runs as root, any local user becomes root.
 *
 * Two guards, because neither covers everything:
 * - `INSPECTOR_NOWHERE` on the command line names an address that no host has (RFC 5737, TEST-NET-1), so that the
 *   inspector cannot open at all, from the first instruction on. Node 20 has no switch that says so outright.
 * - `keepInspectorShut` is for a process that somebody started as `node main.js`, without that argument: it takes the
 *   signal away from Node, and closes what a signal before the first statement has opened.
 *
 * Whoever asks for the inspector by name (`node --inspect main.js`) gets it.
 */
import { close, url } from 'node:inspector';

/** For every Node process that we start: an address for the inspector that it can never listen on. */
export const INSPECTOR_NOWHERE = '--inspect-port=192.0.2.1:9229';

/** A signal that came during start-up opens the inspector a little later, on Node's own thread. */
const LOOK_AGAIN_MS = [0, 20, 100, 500] as const;

/** The arguments with which a process of ours starts another: our own, and never an inspector at SIGUSR1. */
export function nodeArguments(own: readonly string[] = process.execArgv): string[] {
  return own.some(asksForInspector) || own.includes(INSPECTOR_NOWHERE)
    ? [...own]
    : [...own, INSPECTOR_NOWHERE];
}

/** Must run before anything that takes time to load. Listeners that are added later get the signal as well. */
export function keepInspectorShut(): void {
  process.on('SIGUSR1', () => undefined);
  const options = [...process.execArgv, ...(process.env['NODE_OPTIONS'] ?? '').split(' ')];
  if (options.some(asksForInspector)) return;
  closeInspector();
  for (const delay of LOOK_AGAIN_MS) setTimeout(closeInspector, delay).unref();
}

function closeInspector(): void {
  if (url() !== undefined) close();
}

function asksForInspector(option: string): boolean {
  return /^--inspect(-brk|-wait)?(=|$)/.test(option);
}
