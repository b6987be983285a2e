/**
 * @module
 * `carpet completion bash|zsh|fish` prints a script for the shell's start-up file. The script asks `carpet completion
 * words -- WORD…` what may stand in the place of the last word: one candidate per line.
 */
import { Argument, type Command } from 'commander';
import type { Cli } from '../cli.js';
import type { CommandEntry } from '../command-entry.js';
import { candidates } from './candidates.js';
import { SCRIPTS, SHELLS, type Shell } from './scripts.js';

export function define(command: Command, cli: Cli, commands: readonly CommandEntry[]): void {
  command
    .addArgument(new Argument('<shell>', 'the shell to print a script for').choices([...SHELLS, 'words']))
    .argument('[word...]', 'with words: the command line so far, without carpet')
    .addHelpText('after', '\nbash: eval "$(carpet completion bash)" in ~/.bashrc; zsh and fish alike.')
    .action(async (shell: Shell | 'words', words: string[]) => {
      if (shell !== 'words') process.stdout.write(SCRIPTS[shell]);
      else for (const each of await candidates(words, cli, commands)) process.stdout.write(`${each}\n`);
    });
}
