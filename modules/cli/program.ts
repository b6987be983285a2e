/**
 * `carpet`: the front end. It only knows the names of its commands; each is a file in commands/ that is loaded when
 * it is asked for, so that `carpet --version` does not pay for the network and `carpet ucarp` not for the demo.
 *
 * In this order: global options, the command's file, the command's own options, its action. Whatever fails on the
 * way ends in `fail`: one line on stderr and the exit status, 1 for what the user can put right by typing something
 * else, 2 for what went wrong while running (--debug adds the stack).
 */
import { Command } from 'commander';
import { Cli, type CommandEntry } from './cli.js';
import { fail, UsageError } from './failure.js';

/** A command's file is named in its `load`: `() => import('./commands/NAME.js')`. */
const COMMANDS: readonly CommandEntry[] = [
  {
    name: 'demo',
    summary: 'show a failover between three hosts on a virtual LAN',
    load: () => import('./demo/command.js'),
  },
  {
    name: 'ucarp',
    summary: 'share an address with ucarp, FreeBSD or OpenBSD peers; the options are those of ucarp(8)',
    load: () => import('./ucarp/command.js'),
  },
  {
    name: 'devd',
    summary: 'run actions on kernel events, as devd(8) does; check and try its rules',
    load: () => import('./devd/command.js'),
  },
  {
    name: 'monitor',
    summary: 'show kernel events as they happen',
    load: () => import('./monitor/command.js'),
  },
  {
    name: 'carp',
    summary: 'share addresses between hosts: CARP on this machine',
    load: () => import('./carp/command.js'),
  },
  {
    name: 'ifconfig',
    summary: 'show the network interfaces',
    load: () => import('./ifconfig/command.js'),
  },
  {
    name: 'notify-peers',
    summary: "announce an interface's addresses: gratuitous ARP, neighbour advertisements",
    load: () => import('./notify-peers/command.js'),
  },
];

function build(cli: Cli): Command {
  const program = new Command('carpet')
    .description('A kernel-style event-handler framework: CARP failover, devd, and modules of your own.')
    .version(cli.version, '--version', 'show the version')
    .helpOption('-h, --help', 'show this help')
    .helpCommand('help [command]', 'show the help of a command')
    .enablePositionalOptions();
  cli.prepare(program);
  for (const entry of COMMANDS) addCommand(program, entry, cli);
  return program;
}

/** Enters a command by name and summary; its file is loaded when it runs, and parses what stood behind the name. */
function addCommand(program: Command, entry: CommandEntry, cli: Cli): void {
  program
    .command(entry.name)
    .description(entry.summary)
    .usage('[options]')
    .argument('[arguments...]')
    .helpOption(false)
    .allowUnknownOption()
    .passThroughOptions()
    .action(async (args: string[]) => {
      const file = await entry.load();
      if ('run' in file) return file.run(args, cli);
      const command = new Command(`carpet ${entry.name}`).description(entry.summary);
      cli.prepare(command);
      file.define(command, cli);
      await command.parseAsync(args, { from: 'user' });
    });
}

const cli = new Cli();
process.once('uncaughtException', (error) => fail(error, cli));
// A reader that left (`carpet demo | head`) is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  fail(error, cli);
});

try {
  await build(cli).parseAsync(helpAsOption(process.argv.slice(2)), { from: 'user' });
} catch (error) {
  fail(error, cli);
}

/** `carpet help demo` is `carpet demo --help`: commander itself knows only the name and the summary. */
function helpAsOption(args: readonly string[]): readonly string[] {
  const [verb, name] = args;
  if (verb !== 'help' || name === undefined) return args;
  if (!COMMANDS.some((entry) => entry.name === name))
    throw new UsageError(`unknown command '${name}'; see --help`);
  return [name, '--help'];
}
