/**
 * @module
 * `carpet`: the front end. It knows the names of its commands only (commands.ts); each is a folder whose command.ts is
 * imported when the command is typed, so that `carpet --version` does not load the network nor `carpet ucarp` the demo.
 *
 * In this order: global options, the command's file, the command's own options, its action. Every failure on the way
 * ends in `fail`: one line on stderr and the exit status, 1 for a mistake that another command line or other settings
 * mend, 2 for a failure at run time (--debug adds the stack).
 */
import { Command } from 'commander';
import { CarpetError } from '../../core/errors.js';
import { Cli } from './cli.js';
import type { CommandEntry } from './command-entry.js';
import { COMMANDS, findCommand } from './commands.js';
import { kernelWords } from './control/words.js';
import { fail } from './failure.js';
import type { HeldSignals } from './signals.js';

/** Runs the command line of this process. @param signals held since the process's first statement */
export async function main(signals: HeldSignals): Promise<void> {
  const cli = new Cli(signals);
  process.once('uncaughtException', (error) => fail(error, cli));
  // A reader that left (`carpet demo | head`) is no failure.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    fail(error, cli);
  });
  try {
    const args = process.argv.slice(2);
    const words = kernelWords(args);
    if (words !== undefined) await runForKernel(words, cli);
    else
      await build(cli)
        .addHelpText('after', await helpOfKernel(args))
        .parseAsync(helpAsOption(args), { from: 'user' });
  } catch (error) {
    fail(error, cli);
  }
}

async function runForKernel(args: readonly string[], cli: Cli): Promise<void> {
  cli.signals.release();
  const { runKernelVerb } = await import('./control/run.js');
  try {
    await runKernelVerb(args, cli);
  } catch (error) {
    // Without a kernel a strange word is a misspelt one: commander knows what was meant.
    const strange = findCommand(args[0]!) === undefined;
    if (strange && error instanceof CarpetError && error.code === 'ENOKERNEL')
      await build(cli).parseAsync(
        args.filter((word) => word !== '--help'),
        { from: 'user' },
      );
    else throw error;
  }
}

/** What `carpet help` adds: the verbs of the kernel that runs here. */
async function helpOfKernel(args: readonly string[]): Promise<string> {
  if (args.join(' ') !== 'help') return '';
  const { verbsOfKernel } = await import('./control/help.js');
  return verbsOfKernel(COMMANDS.map(({ name }) => name));
}

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

/** Adds a command by name and summary; its file is imported when it runs, and parses the arguments behind the name. */
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
      if (!entry.serves) cli.signals.release();
      const file = await entry.load();
      if ('run' in file) return file.run(args, cli).catch((error) => helpOrThrow(error, args, entry));
      const command = new Command(`carpet ${entry.name}`).description(entry.summary);
      cli.prepare(command);
      file.define(command, cli, COMMANDS);
      await command.parseAsync(args, { from: 'user' });
    });
}

/** Where no kernel runs that could describe one of its verbs. */
async function helpOrThrow(error: unknown, args: readonly string[], entry: CommandEntry): Promise<void> {
  const { helpWithoutKernel } = await import('./control/help.js');
  helpWithoutKernel(error, args, entry.name, entry.summary);
}

/** `carpet help demo` is `carpet demo --help`: commander itself knows only the name and the summary. */
function helpAsOption(args: readonly string[]): readonly string[] {
  const [verb, name] = args;
  return verb === 'help' && name !== undefined ? [name, '--help'] : args;
}
