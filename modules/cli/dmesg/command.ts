/**
 * @module
 * `carpet dmesg [-f] [--level LEVEL] [--module NAME]`: the running kernel's message buffer.
 */
import { type Command, Option } from 'commander';
import { LOG_LEVELS } from '../../../core/index.js';
import { findKernel } from '../control/connect.js';
import { addControlOptions, type ControlOptions, runVerb } from '../control/verb-command.js';
import { UsageError } from '../failure.js';

interface DmesgOptions extends ControlOptions {
  readonly follow?: boolean;
  readonly level?: string;
  readonly module?: string;
}

export function define(command: Command): void {
  command
    .option('-f, --follow', 'show what is logged from now on, until interrupted')
    .addOption(new Option('--level <level>', 'the least severe level that is shown').choices(LOG_LEVELS))
    .option('--module <name>', 'show only what this module logs');
  addControlOptions(command).action(run);
}

async function run({ follow, level, module, json = false, socket }: DmesgOptions): Promise<void> {
  const { client, index } = await findKernel(socket);
  const name = follow ? 'dmesg.follow' : 'dmesg';
  const verb = index.verbs.find((each) => each.name === name);
  if (verb === undefined) throw new UsageError(`this kernel does not offer ${name}`);
  const input = { ...(level && { level }), ...(module && { module }) };
  await runVerb(client, verb, input, json);
}
