/**
 * @module
 * `carpet top [--seconds N] [--sort time|rate]`: the verb top, each report in the place of the one before on a terminal.
 */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { findKernel } from '../control/connect.js';
import { follow } from '../control/follow.js';
import { addControlOptions, type ControlOptions } from '../control/verb-command.js';
import { UsageError } from '../failure.js';

/** Home, and erase from there to the end of the screen. */
const CLEAR = '\u001B[H\u001B[J';

interface TopOptions extends ControlOptions {
  readonly seconds?: number;
  readonly sort?: string;
}

export function define(command: Command): void {
  command
    .option('--seconds <number>', 'seconds between two reports (default: 2)', seconds)
    .addOption(new Option('--sort <by>', 'what comes first').choices(['time', 'rate']));
  addControlOptions(command).action(run);
}

function seconds(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && value >= 0.1 && value <= 3600) return value;
  throw new InvalidArgumentError('It must be a number from 0.1 to 3600.');
}

async function run({ seconds: interval, sort, json = false, socket }: TopOptions): Promise<void> {
  const { client, index } = await findKernel(socket);
  const verb = index.verbs.find(({ name }) => name === 'top');
  if (verb === undefined) throw new UsageError('this kernel does not offer top');
  const input = {
    ...(interval === undefined ? {} : { seconds: interval }),
    ...(sort === undefined ? {} : { sort }),
  };
  const onScreen = process.stdout.isTTY && process.env['TERM'] !== 'dumb' && !json;
  for await (const text of follow(client, verb, input, json ? 'json' : 'text')) {
    // A terminal that does not know its size has 0 of both.
    const { columns, rows } = process.stdout;
    process.stdout.write(
      onScreen ? `${CLEAR}${fitted(text, columns || 80, rows || 24)}` : json ? `${text}\n` : text,
    );
  }
}

/** As much of a report as the screen shows: lines that wrap, and more than there are rows, would scroll its head away. */
export function fitted(report: string, columns: number, rows: number): string {
  const lines = report.trimEnd().split('\n');
  return lines
    .slice(0, rows - 1)
    .map((line) => `${line.slice(0, columns)}\n`)
    .join('');
}
