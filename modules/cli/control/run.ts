import { Command } from 'commander';
import type { OfferedVerb } from '../../control/index.js';
import type { Cli } from '../cli.js';
import type { CommandFile } from '../command-entry.js';
import { UsageError } from '../failure.js';
import { findKernel } from './connect.js';
import { defineVerb } from './verb-command.js';

/** The command file of a command that is a verb of the running kernel, and nothing else. */
export function kernelVerb(name: string): CommandFile {
  return { run: (args, cli) => runKernelVerb([name, ...args], cli) };
}

/** `carpet WORD…` where WORD is no command of ours: a verb of the running kernel. */
export async function runKernelVerb(args: readonly string[], cli: Cli): Promise<void> {
  const { client, index } = await findKernel(optionValue(args, '--socket'));
  const found = longestMatch(args, index.verbs);
  const names = index.verbs
    .filter(({ name }) => name.startsWith(`${args[0]}.`))
    .map(({ name }) => spoken(name));
  if (found === undefined || (names.length > 0 && hasStrayWord(found))) {
    const remedy = names.length > 0 ? `there are: ${names.join(', ')}` : 'see --help';
    throw new UsageError(`neither carpet nor the kernel ${index.name} knows '${args.join(' ')}'; ${remedy}`);
  }
  const { verb, rest } = found;
  const command = new Command(`carpet ${spoken(verb.name)}`).description(verb.summary);
  cli.prepare(command);
  defineVerb(command, verb, client);
  await command.parseAsync(rest, { from: 'user' });
}

/** Whether a word follows a verb that takes none, as in `carp dmote 240`: it is part of a misspelt verb. */
function hasStrayWord({ verb, rest }: { verb: OfferedVerb; rest: string[] }): boolean {
  return verb.positional.length === 0 && rest[0] !== undefined && !rest[0].startsWith('-');
}

/** `carpet carp demote 240`: the verb carp.demote, and what stands behind it. */
function longestMatch(
  args: readonly string[],
  verbs: readonly OfferedVerb[],
): { verb: OfferedVerb; rest: string[] } | undefined {
  for (let length = args.length; length > 0; length--) {
    const verb = verbs.find(({ name }) => name === args.slice(0, length).join('.'));
    if (verb !== undefined) return { verb, rest: args.slice(length) };
  }
  return undefined;
}

function spoken(name: string): string {
  return name.replaceAll('.', ' ');
}

function optionValue(args: readonly string[], flag: string): string | undefined {
  const at = args.indexOf(flag);
  return at < 0 ? args.find((arg) => arg.startsWith(`${flag}=`))?.slice(flag.length + 1) : args[at + 1];
}
