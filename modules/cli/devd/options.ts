import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { CarpStatusSettings } from '../../carp-status/index.js';
import type { QuotingStyle } from '../../devd/index.js';

/** The options as commander reads them. */
export interface DevdOptions {
  readonly d?: boolean;
  readonly f: string;
  readonly l: number;
  readonly n?: boolean;
  readonly q?: boolean;
  readonly foreground?: boolean;
  readonly quote: QuotingStyle;
  readonly strict?: boolean;
  readonly coldplug?: boolean;
  readonly debounce: number;
  readonly timeout: number;
  readonly concurrency: number;
  readonly seqpacket: string;
  readonly stream: string;
  readonly mode: number;
  readonly owner?: { uid: number; gid: number };
  readonly carp?: string;
  readonly status: boolean;
  readonly statusDir?: string;
  readonly stateDir?: string;
  readonly capabilities: string;
  readonly actionUser?: string;
  readonly load: string[];
  readonly check?: string;
  readonly dumpAst?: string;
  readonly replay?: string;
}

/** The vhids that devd runs. */
export interface DevdCarpOptions {
  /** Their settings, as JSON. */
  readonly file: string;
  /** Where other processes can ask for their state; undefined: nowhere. */
  readonly status: CarpStatusSettings | undefined;
}

/** What `carpet devd` is to run. Every path is absolute: the daemon has a different working directory. */
export interface DevdRunOptions {
  readonly config: string;
  /** -d: in the foreground, with every step in the log. */
  readonly debug: boolean;
  /** Connected clients, both sockets together. */
  readonly limit: number;
  /** -n: goes into the background before it has dealt with the queued records. */
  readonly now: boolean;
  /** -q: warnings and worse only. */
  readonly quiet: boolean;
  readonly quote: QuotingStyle;
  readonly strict: boolean;
  /** Reports what is there at the start as if it came now. */
  readonly coldplug: boolean;
  /** In ms; 0 is off. */
  readonly debounce: number;
  /** Of an action, in ms; 0 is off. */
  readonly timeout: number;
  readonly concurrency: number;
  readonly seqpacket: string | null;
  readonly stream: string | null;
  readonly mode: number;
  readonly owner?: { readonly uid: number; readonly gid: number };
  /** Vhids to run here. */
  readonly carp?: DevdCarpOptions;
  /** Where they keep what must survive a restart; by default where systemd's `StateDirectory` names. */
  readonly stateDir?: string;
  /** The capabilities that it keeps: names, `none` or `all`. */
  readonly capabilities: string;
  /** The user as whom actions run. */
  readonly actionUser?: string;
  /** Modules to load, as written. */
  readonly load: readonly string[];
  /** The file: URL against which those names are resolved. */
  readonly base: string;
}

/** Makes every path absolute and fills in what was not given. */
export function runOptions(options: DevdOptions): DevdRunOptions {
  const { d, f, l, n, q, quote, debounce, timeout, concurrency, mode } = options;
  return {
    config: resolve(f),
    debug: d ?? false,
    limit: l,
    now: n ?? false,
    quiet: q ?? false,
    quote,
    strict: options.strict ?? false,
    coldplug: options.coldplug ?? false,
    debounce,
    timeout,
    concurrency,
    seqpacket: socketPath(options.seqpacket),
    stream: socketPath(options.stream),
    mode,
    ...(options.owner && { owner: options.owner }),
    ...(options.carp !== undefined && { carp: carpOptions(options.carp, options) }),
    ...(options.stateDir !== undefined && { stateDir: resolve(options.stateDir) }),
    capabilities: options.capabilities,
    ...(options.actionUser !== undefined && { actionUser: options.actionUser }),
    load: options.load,
    base: `${pathToFileURL(process.cwd()).href}/`,
  };
}

function carpOptions(file: string, { status, statusDir }: DevdOptions): DevdCarpOptions {
  const folder = statusDir === undefined ? {} : { folder: resolve(statusDir) };
  return { file: resolve(file), status: status ? folder : undefined };
}

function socketPath(written: string): string | null {
  if (written === '') return null;
  return written.startsWith('@') ? written : resolve(written);
}
