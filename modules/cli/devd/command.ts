/** `carpet devd`: devd(8), and its tools for rule files. docs/devd.md is the manual page. */
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { QuotingStyle } from '../../devd/index.js';
import type { Cli } from '../cli.js';
import { UsageError } from '../failure.js';
import type { DevdRunOptions } from './options.js';

interface DevdOptions {
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
  readonly load: string[];
  readonly check?: string;
  readonly dumpAst?: string;
  readonly replay?: string;
}

export function define(command: Command, cli: Cli): void {
  command
    .option('-d', 'in the foreground, with every step in the log')
    .option('-f <file>', 'the configuration', '/etc/devd.conf')
    .option('-l <num>', 'how many clients may be connected', connectionLimit, 10)
    .option('-n', 'into the background before the pending records are dealt with')
    .option('-q', 'log only warnings and errors')
    .option('--foreground', 'in the foreground, for a service manager')
    .addOption(
      new Option('--quote <style>', 'how values are put into commands: safe by context, or as FreeBSD does')
        .choices(['shell', 'bsd'])
        .default('shell'),
    )
    .option('--strict', 'do not start when any file of the directories is bad')
    .option('--coldplug', 'treat the interfaces that are there as if they came now')
    .option('--debounce <ms>', 'act on a flapping source when it has been at rest that long', whole, 0)
    .option('--timeout <ms>', 'end an action that runs longer; 0 for never', whole, 180_000)
    .option('--concurrency <num>', 'how many rules may run actions at once', whole, 8)
    .option(
      '--seqpacket <path>',
      'the socket for clients; @name is abstract, "" is none',
      '/var/run/devd.seqpacket.pipe',
    )
    .option('--stream <path>', 'the deprecated socket', '/var/run/devd.pipe')
    .addOption(
      new Option('--mode <octal>', 'permissions of the sockets').argParser(octal).default(0o666, '0666'),
    )
    .option('--owner <uid:gid>', 'owner of the sockets', owner)
    .option('--carp <file>', 'run the vhids of this JSON file in the same kernel')
    .option('--load <module>', 'load a module of your own (repeatable)', collect, [])
    .option('--check <file>', 'look for mistakes in a configuration, and stop')
    .option('--dump-ast <file>', 'print what a configuration says as JSON, and stop')
    .option('--replay <events>', 'print what the records of a file (- for stdin) would run, and stop')
    .action((options: DevdOptions) => run(options, cli));
}

async function run(options: DevdOptions, cli: Cli): Promise<void> {
  const { f, quote, check, dumpAst, replay } = options;
  if ([check, dumpAst, replay].filter((tool) => tool !== undefined).length > 1) {
    throw new UsageError('--check, --dump-ast and --replay exclude each other');
  }
  if (check !== undefined) process.exitCode = (await import('./check.js')).check(check);
  else if (dumpAst !== undefined) (await import('./dump-ast.js')).dumpAst(dumpAst);
  else if (replay !== undefined) (await import('./replay.js')).replay(replay, f, quote);
  else await start(runOptions(options), options.foreground ?? false, cli);
}

/** What needs the network is loaded only here: the tools answer at once, anywhere. */
async function start(options: DevdRunOptions, foreground: boolean, cli: Cli): Promise<void> {
  if (foreground || options.debug) {
    const { foregroundLog } = await import('./log.js');
    const { runDevd } = await import('./run.js');
    await runDevd(options, await foregroundLog(cli, options));
    return;
  }
  const { startDaemon } = await import('../daemon/start.js');
  await startDaemon([JSON.stringify(options)], new URL('./daemon-main.js', import.meta.url));
}

function runOptions(options: DevdOptions): DevdRunOptions {
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
    ...(options.carp !== undefined && { carp: resolve(options.carp) }),
    load: options.load,
    base: `${pathToFileURL(process.cwd()).href}/`,
  };
}

function socketPath(written: string): string | null {
  if (written === '') return null;
  return written.startsWith('@') ? written : resolve(written);
}

/** As strtoul(3) with base 0 reads it. */
function connectionLimit(written: string): number {
  const number = /^0[0-7]*$/.test(written) ? Number.parseInt(written, 8) : readNumber(written);
  if (number >= 1) return number;
  throw new InvalidArgumentError('a number of clients, 1 or more.');
}

function readNumber(written: string): number {
  return /^(0x[\da-f]+|\d+)$/i.test(written) ? Number(written) : Number.NaN;
}

function whole(written: string): number {
  if (/^\d{1,9}$/.test(written)) return Number(written);
  throw new InvalidArgumentError('a whole number.');
}

function octal(written: string): number {
  if (/^0?[0-7]{3}$/.test(written)) return Number.parseInt(written, 8);
  throw new InvalidArgumentError('permissions in octal, as 0660.');
}

function owner(written: string): { uid: number; gid: number } {
  const [, uid, gid] = /^(\d+):(\d+)$/.exec(written) ?? [];
  if (uid === undefined) throw new InvalidArgumentError('two numbers, as 0:107.');
  return { uid: Number(uid), gid: Number(gid) };
}

function collect(written: string, before: readonly string[]): string[] {
  return [...before, written];
}
