/**
 * @module
 * `carpet up`: one kernel, with everything that its settings file names, in the foreground. docs/boot.md is its page.
 */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { Cli } from '../cli.js';
import { UsageError } from '../failure.js';

interface UpOptions {
  readonly file?: string;
  readonly control: boolean;
  readonly replace?: boolean;
  readonly stateDir?: string;
  readonly capabilities: string;
}

export function define(command: Command, cli: Cli): void {
  command
    .option(
      '-f, --file <settings.yaml>',
      'the settings, with conf.d/*.yaml beside it (default: /etc/carpet/carpet.yaml)',
    )
    .option('--no-control', 'open no control socket')
    .option('--replace', 'take the place of the kernel that runs, without a failover')
    .option('--state-dir <folder>', 'where it keeps what must survive a restart (default: $STATE_DIRECTORY)')
    .option('--capabilities <list>', 'keep only these, as net_admin,net_raw; none; all', 'all')
    .action(async ({ file, control, replace = false, stateDir, capabilities }: UpOptions) => {
      if (replace && !control)
        throw new UsageError('--replace needs the control socket: leave --no-control out');
      const { runUp } = await import('./run.js');
      const { SETTINGS_FILE } = await import('../settings-file.js');
      await runUp({ file: resolve(file ?? SETTINGS_FILE), control, replace, stateDir, capabilities }, cli);
    });
}
