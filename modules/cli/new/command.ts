/**
 * @module
 * `carpet new module NAME`: makes a folder with a module and a test of it. The module runs without a build step: as
 * TypeScript where Node strips types itself, as JavaScript on every Node.
 */
import { type Command, Option } from 'commander';
import type { Cli } from '../cli.js';
import { LANGUAGES, type Language } from './language.js';

export function define(command: Command, cli: Cli): void {
  const module = command
    .enablePositionalOptions()
    .command('module')
    .description('make a folder with a module and a test that passes')
    .argument('<name>', 'name of the module and its folder: lower-case words joined by hyphens')
    .addOption(
      new Option('--language <language>', 'default: ts if this Node runs it, else js').choices(LANGUAGES),
    );
  cli.prepare(module);
  module.action(async (name: string, { language }: { language?: Language }) => {
    const { makeModule } = await import('./make.js');
    process.stdout.write(makeModule(name, language));
  });
}
