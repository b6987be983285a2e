/**
 * @module
 * `carpet new module NAME`: a folder to begin a module with. It runs without a build step: as TypeScript where Node
 * strips types itself, as JavaScript everywhere.
 */
import { type Command, Option } from 'commander';
import type { Cli } from '../cli.js';
import { LANGUAGES, type Language } from './language.js';

export function define(command: Command, cli: Cli): void {
  const module = command
    .enablePositionalOptions()
    .command('module')
    .description('make a folder with a module, and its test that passes')
    .argument('<name>', 'of the module and of the folder: lower-case words joined by hyphens')
    .addOption(
      new Option('--language <language>', 'default: ts where this Node runs it, else js').choices(LANGUAGES),
    );
  cli.prepare(module);
  module.action(async (name: string, { language }: { language?: Language }) => {
    const { makeModule } = await import('./make.js');
    process.stdout.write(makeModule(name, language));
  });
}
