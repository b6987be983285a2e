/**
 * @module
 * `carpet devd`: devd(8), and its tools for rule files. docs/devd.md is the manual page.
 */
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Cli } from '../cli.js';
import { UsageError } from '../failure.js';
import { list, octal, wholeNumber } from '../options.js';
import { type DevdOptions, type DevdRunOptions, runOptions } from './options.js';

/** Adds the options and the action. */
export function define(command: Command, cli: Cli): void {
  command
    .option('-d', 'in the foreground, with every step in the log')
    .option('-f <file>', 'the configuration', '/etc/devd.conf')
    .option('-l <num>', 'limit of connected clients', connectionLimit, 10)
    .option('-n', 'go into the background before the pending records are processed')
    .option('-q', 'log only warnings and errors')
    .option('--foreground', 'in the foreground, for a service manager')
    .addOption(
      new Option('--quote <style>', 'how values are quoted in commands: safe by context, or as FreeBSD does')
        .choices(['shell', 'bsd'])
        .default('shell'),
    )
    .option('--strict', 'do not start when any file of the directories is bad')
    .option('--coldplug', 'report the interfaces that exist as if they came now')
    .option(
      '--debounce <ms>',
      'act on a flapping source once it has been quiet for this long',
      wholeNumber(0, 3_600_000),
      0,
    )
    .option('--timeout <ms>', 'end an action that runs longer; 0: never', wholeNumber(), 180_000)
    .option('--concurrency <num>', 'limit of rules that run actions at once', wholeNumber(1, 1024), 8)
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
    .option('--no-status', 'hide these vhids from carpet ifconfig and carpet carp --status')
    .option('--status-dir <folder>', 'where they look for them (default: /run/carpet)')
    .option('--state-dir <folder>', 'where they keep what must survive a restart (default: $STATE_DIRECTORY)')
    .option('--capabilities <list>', 'keep only these, as net_admin,net_raw; none; all', 'all')
    .option('--action-user <user>', 'run actions as this user')
    .option('--load <module>', 'load a module of your own (repeatable)', list, [])
    .option('--check <file>', 'check a configuration, and exit')
    .option('--dump-ast <file>', 'print a configuration as JSON, and exit')
    .option('--replay <events>', 'print what the records of a file (- for stdin) would run, and exit')
    .action((options: DevdOptions) => run(options, cli));
}

async function run(options: DevdOptions, cli: Cli): Promise<void> {
  const { f, quote, check, dumpAst, replay } = options;
  if ([check, dumpAst, replay].filter((tool) => tool !== undefined).length > 1) {
    throw new UsageError('--check, --dump-ast and --replay exclude each other');
  }
  if (check ?? dumpAst ?? replay) cli.signals.release();
  if (check !== undefined) process.exitCode = (await import('./check.js')).check(check);
  else if (dumpAst !== undefined) (await import('./dump-ast.js')).dumpAst(dumpAst);
  else if (replay !== undefined) (await import('./replay.js')).replay(replay, f, quote);
  else await start(runOptions(options), options.foreground ?? false, cli);
}

/** Loads the network only here: the tools answer at once, anywhere. */
async function start(options: DevdRunOptions, foreground: boolean, cli: Cli): Promise<void> {
  const { signals } = cli;
  if (!foreground && !options.debug) {
    const { startDaemon } = await import('../daemon/start.js');
    return startDaemon({ command: 'devd', args: [JSON.stringify(options)] }, signals);
  }
  const { foregroundLog } = await import('./log.js');
  const { runDevd } = await import('./run.js');
  await runDevd(options, { log: await foregroundLog(cli, options), signals });
}

/** Read as by strtoul(3) with base 0. */
function connectionLimit(written: string): number {
  const number = /^0[0-7]*$/.test(written) ? Number.parseInt(written, 8) : readNumber(written);
  if (number >= 1) return number;
  throw new InvalidArgumentError('It must be a number of clients, 1 or more.');
}

function readNumber(written: string): number {
  return /^(0x[\da-f]+|\d+)$/i.test(written) ? Number(written) : Number.NaN;
}

function owner(written: string): { uid: number; gid: number } {
  const [, uid, gid] = /^(\d+):(\d+)$/.exec(written) ?? [];
  if (uid === undefined) throw new InvalidArgumentError('It must be two numbers, as 0:107.');
  return { uid: Number(uid), gid: Number(gid) };
}
