/**
 * @module
 * Keeps Node's inspector shut. At SIGUSR1 a Node process opens it on a loopback port, and anyone who connects runs code
 * in that process: with a daemon that runs as root, any local user becomes root.
 *
 * Two guards, because neither covers everything:
 * - `INSPECTOR_NOWHERE` on the command line names an address that no host has (RFC 5737, TEST-NET-1), so that the
 *   inspector cannot open at all, from the first instruction on. Node 20 has no switch that says so outright.
 * - `keepInspectorShut` is for a process started as `node main.js`, without that argument: it takes the signal away from
 *   Node, and closes what a signal before the first statement has opened.
 *
 * A user who asks for the inspector (`node --inspect main.js`) gets it.
 */
import { close, url } from 'node:inspector';

/** Argument for every Node process that we start: an address on which the inspector can never listen. */
export const INSPECTOR_NOWHERE = '--inspect-port=192.0.2.1:9229';

/** A signal during start-up opens the inspector a little later, on a thread of Node's. */
const RECHECK_MS = [0, 20, 100, 500] as const;

/** Node's arguments for a process that we start: our own, and INSPECTOR_NOWHERE unless the inspector was asked for. */
export function nodeArguments(own: readonly string[] = process.execArgv): string[] {
  return own.some(asksForInspector) || own.includes(INSPECTOR_NOWHERE)
    ? [...own]
    : [...own, INSPECTOR_NOWHERE];
}

/** Call it before anything that takes time to load. Listeners added later get the signal as well. */
export function keepInspectorShut(): void {
  process.on('SIGUSR1', () => undefined);
  const options = [...process.execArgv, ...(process.env['NODE_OPTIONS'] ?? '').split(' ')];
  if (options.some(asksForInspector)) return;
  closeInspector();
  for (const delay of RECHECK_MS) setTimeout(closeInspector, delay).unref();
}

function closeInspector(): void {
  if (url() !== undefined) close();
}

function asksForInspector(option: string): boolean {
  return /^--inspect(-brk|-wait)?(=|$)/.test(option);
}
