import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { Engine, guessMedia, loadConfig, type QuotingStyle, Ruleset, readRecord } from '../../devd/index.js';
import { UsageError } from '../failure.js';

interface Hit {
  readonly event: string;
  readonly commands: readonly string[];
}

/**
 * `carpet devd --replay EVENTS`: prints the commands that each record of a file would run, and runs none of them:
 * `{ "FILE": [{ "event": …, "commands": […] }] }`, without the records that run nothing.
 *
 * @throws UsageError if the file cannot be read
 */
export function replay(events: string, config: string, style: QuotingStyle): void {
  const { files, problems } = loadConfig(config);
  for (const problem of problems) complain(`left out: ${problem}`);
  const engine = new Engine(new Ruleset(files), style, guessMedia);
  const hits = recordsOf(events).flatMap((event) => hit(engine, event, style));
  process.stdout.write(`${JSON.stringify({ [basename(config)]: hits }, null, 1)}\n`);
}

function hit(engine: Engine, event: string, style: QuotingStyle): Hit[] {
  const firing = engine.fire(readRecord(event, { faithful: style === 'bsd', time: Date.now() }));
  for (const error of firing?.refused ?? [])
    complain(`${firing!.rule.file}:${firing!.rule.line}: not run: ${error.message}`);
  return firing === undefined || firing.commands.length === 0 ? [] : [{ event, commands: firing.commands }];
}

/** One record a line; `-` is standard input. */
function recordsOf(path: string): string[] {
  try {
    const lines = readFileSync(path === '-' ? 0 : path, 'utf8').split('\n');
    return lines.filter((line) => line !== '');
  } catch (error) {
    throw new UsageError(`cannot read ${path}: ${(error as Error).message}`);
  }
}

function complain(line: string): void {
  process.stderr.write(`carpet: ${line}\n`);
}
