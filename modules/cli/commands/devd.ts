/** `carpet devd`: devd(8), and its tools for rule files. docs/devd.md is the manual page. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { QuotingStyle } from '../../devd/index.js';
import type { Cli } from '../cli.js';
import { UsageError } from '../failure.js';

interface DevdOptions {
  readonly f: string;
  readonly quote: QuotingStyle;
  readonly check?: string;
  readonly dumpAst?: string;
  readonly replay?: string;
}

export function define(command: Command, _cli: Cli): void {
  command
    .option('-f <file>', 'the configuration', '/etc/devd.conf')
    .addOption(
      new Option('--quote <style>', 'how values are put into commands: safe by context, or as FreeBSD does')
        .choices(['shell', 'bsd'])
        .default('shell'),
    )
    .option('--check <file>', 'look for mistakes in a configuration, and stop')
    .option('--dump-ast <file>', 'print what a configuration says as JSON, and stop')
    .option('--replay <events>', 'print what the records of a file (- for stdin) would run, and stop')
    .action((options: DevdOptions) => run(options));
}

async function run({ f, quote, check, dumpAst, replay }: DevdOptions): Promise<void> {
  if ([check, dumpAst, replay].filter((tool) => tool !== undefined).length > 1) {
    throw new UsageError('--check, --dump-ast and --replay exclude each other');
  }
  if (check !== undefined) process.exitCode = (await import('../devd/check.js')).check(check);
  else if (dumpAst !== undefined) (await import('../devd/dump-ast.js')).dumpAst(dumpAst);
  else if (replay !== undefined) (await import('../devd/replay.js')).replay(replay, f, quote);
}

/** As strtoul(3) with base 0 reads it. */
export function connectionLimit(written: string): number {
  const number = /^0[0-7]*$/.test(written)
    ? Number.parseInt(written, 8)
    : /^(0x[\da-f]+|\d+)$/i.test(written)
      ? Number(written)
      : Number.NaN;
  if (number >= 1) return number;
  throw new InvalidArgumentError('a number of clients, 1 or more.');
}
