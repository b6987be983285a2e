/**
 * @module
 * `carpet config`: the settings file, checked, described and converted here; compared, applied and undone in the running
 * kernel.
 */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { Cli } from '../cli.js';

interface FileOptions {
  readonly file?: string;
  readonly json?: boolean;
}

/** Verbs of the running kernel, carried out there. */
const IN_KERNEL = [
  ['diff', 'show what applying the settings file would change in the running kernel'],
  ['apply', 'bring the running kernel in line with its settings file, whole or not at all'],
  ['confirm', 'keep what was applied with --timeout'],
  ['undo', 'go back to the settings of before'],
  ['history', 'list the settings that were in force'],
] as const;

export function define(command: Command, cli: Cli): void {
  const file = ['-f, --file <settings.yaml>', 'the settings (default: /etc/carpet/carpet.yaml)'] as const;
  sub(command, cli, 'check', 'look for mistakes in the settings file')
    .option(...file)
    .option('--json', 'print JSON')
    .action(async (options: FileOptions) => {
      const { check } = await import('./check.js');
      process.exitCode = await check(await settingsFile(options), options.json ?? false);
    });
  sub(command, cli, 'show', 'show the settings in force, or with -f those of a file, as one text')
    .option(...file)
    .option('--json', 'print JSON')
    .option('--socket <path>', 'the kernel to ask (default: $CARPET_SOCKET, or /run/carpet/control.sock)')
    .action(async ({ file: path, json = false, socket }: FileOptions & { socket?: string }) => {
      if (path === undefined)
        return inKernel('show', [...(json ? ['--json'] : []), ...(socket ? ['--socket', socket] : [])], cli);
      const { show } = await import('./show.js');
      return show(resolve(path), json);
    });
  sub(command, cli, 'schema', 'print the JSON Schema of the settings file, for editors').action(async () => {
    const { schema } = await import('./schema.js');
    return schema();
  });
  sub(command, cli, 'convert', "make a settings file of carpet carp's, keepalived's or ucarp's settings")
    .argument('[file]', 'a carp.json or a keepalived.conf')
    .option('--ucarp', 'convert the command line of ucarp that stands behind --')
    .option('--vrrp', 'make virtual routers of a keepalived.conf, not vhids of CARP')
    .argument('[ucarp-options...]')
    .action(
      async (from: string | undefined, rest: string[], options: { ucarp?: boolean; vrrp?: boolean }) => {
        const { convert, convertCommandLine } = await import('./convert.js');
        const to = options.vrrp === true ? 'vrrp' : 'carp';
        if (options.ucarp === true) return convertCommandLine(from === undefined ? [] : [from, ...rest], to);
        return convert(from, rest, to);
      },
    );
  for (const [name, summary] of IN_KERNEL)
    sub(command, cli, name, summary)
      .argument('[options...]')
      .helpOption(false)
      .allowUnknownOption()
      .passThroughOptions()
      .action((args: string[]) =>
        inKernel(name, args, cli).catch((error) => helpOrThrow(error, args, name, summary)),
      );
}

function sub(command: Command, cli: Cli, name: string, summary: string): Command {
  const made = command.enablePositionalOptions().command(name).description(summary);
  cli.prepare(made);
  return made;
}

async function inKernel(name: string, args: readonly string[], cli: Cli): Promise<void> {
  const { runKernelVerb } = await import('../control/run.js');
  await runKernelVerb(['config', name, ...args], cli);
}

async function helpOrThrow(
  error: unknown,
  args: readonly string[],
  name: string,
  summary: string,
): Promise<void> {
  const { helpWithoutKernel } = await import('../control/help.js');
  helpWithoutKernel(error, args, `config ${name}`, summary);
}

async function settingsFile({ file }: FileOptions): Promise<string> {
  const { SETTINGS_FILE } = await import('../settings-file.js');
  return resolve(file ?? SETTINGS_FILE);
}
