import { Command, Help } from 'commander';
import { CarpetError } from '../../../core/errors.js';
import type { OfferedVerb } from '../../control/index.js';
import { findKernel } from './connect.js';
import { addControlOptions } from './verb-command.js';

/** Commander's, of what is no terminal. */
const HELP_WIDTH = 80;

/**
 * The verbs of the running kernel, in lines for the end of `carpet help`.
 * @param commands names of commands, which are listed already
 * @returns an empty text when no kernel runs here, or this user may not ask it
 */
export async function verbsOfKernel(commands: readonly string[]): Promise<string> {
  const kernel = await findKernel().catch(() => undefined);
  const verbs = kernel?.index.verbs.filter(({ name }) => !commands.includes(name)) ?? [];
  if (verbs.length === 0) return '';
  const width = Math.max(...verbs.map((verb) => spoken(verb).length));
  const help = new Help();
  help.prepareContext({ helpWidth: process.stdout.columns ?? HELP_WIDTH });
  const lines = verbs.map((verb) => help.formatItem(spoken(verb), width, verb.summary, help));
  return `\nOf the running kernel ${kernel!.index.name}:\n${lines.join('\n')}`;
}

function spoken({ name, positional }: OfferedVerb): string {
  return [name.replaceAll('.', ' '), ...positional.map((each) => `[${each}]`)].join(' ');
}

/**
 * Shows what is known of a verb without a kernel, if its help was asked for and no kernel runs.
 * @param error why the verb was not carried out; thrown again in all other cases
 */
export function helpWithoutKernel(
  error: unknown,
  args: readonly string[],
  name: string,
  summary: string,
): void {
  const asked = args.some((arg) => arg === '--help' || arg === '-h');
  if (!asked || !(error instanceof CarpetError) || error.code !== 'ENOKERNEL') throw error;
  const command = new Command(`carpet ${name}`).description(summary).argument('[arguments...]');
  addControlOptions(command)
    .addHelpText(
      'after',
      `\nThe arguments and further options are shown by the kernel, but ${error.message}.`,
    )
    .outputHelp();
}
