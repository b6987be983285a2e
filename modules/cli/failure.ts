/**
 * @module
 * The one place where an error becomes a line on stderr and an exit status.
 */
import { CommanderError } from 'commander';
import { CarpetError, describe } from '../../core/errors.js';
import type { Cli } from './cli.js';

/** A mistake of the user: the remedy is another command line, or other settings. Exit 1. */
export class UsageError extends CarpetError {
  constructor(message: string) {
    super('EUSAGE', message);
  }
}

/** Codes of errors that the user mends like bad options, by typing something else. */
const USAGE_CODES: ReadonlySet<string> = new Set(['EUSAGE', 'EADDR', 'ESETTINGS', 'ECONFIG', 'ESYNTAX']);

/** Exit status for a {@link UsageError} and the like. */
export const EXIT_USAGE = 1;
/** Exit status for a failure at run time. */
export const EXIT_FAILURE = 2;

/** Reports the error, in one line but for mistakes of a settings file, and ends the process. Help and version, which commander throws as well, end it with 0. */
export function fail(error: unknown, cli: Pick<Cli, 'debug'>): never {
  if (error instanceof CommanderError && error.exitCode === 0) process.exit(0);
  const lines = mistakesOf(error);
  for (const line of lines) process.stderr.write(`${line}\n`);
  const text = lines.length > 0 ? `${lines.length} mistakes in the settings` : errorLine(error);
  if (text !== '') process.stderr.write(`carpet: ${text}\n`);
  if (cli.debug && error instanceof Error && error.stack) process.stderr.write(`${error.stack}\n`);
  process.exit(exitStatus(error));
}

/** Several mistakes of a settings file, each with its place, as a kernel that was asked to apply it answers. */
function mistakesOf(error: unknown): string[] {
  if (!(error instanceof CarpetError) || error.code !== 'ECONFIG') return [];
  const lines = error.message.split('\n');
  return lines.length > 1 && lines.every((line) => /:\d+:\d+: /.test(line)) ? lines : [];
}

/** The status with which the process ends for this error. */
export function exitStatus(error: unknown): number {
  if (error instanceof CommanderError) return EXIT_USAGE;
  // A daemon that could not start, or a running kernel that refused, reports the status to exit with.
  if (error instanceof CarpetError && 'status' in error) return Number(error.status);
  return error instanceof CarpetError && USAGE_CODES.has(error.code) ? EXIT_USAGE : EXIT_FAILURE;
}

/** The error in one line. */
export function errorLine(error: unknown): string {
  return error instanceof CommanderError ? usageLine(error) : oneLine(describe(error));
}

/** Commander begins with "error: " and puts its suggestion on a second line. */
function usageLine(error: CommanderError): string {
  // Thrown for `carpet` alone, after commander has shown the help on stderr.
  if (error.code === 'commander.help') return '';
  const text = oneLine(error.message.replace(/^error: /, ''));
  return `${text.replace(/\.$/, '')}; see --help`;
}

function oneLine(text: string): string {
  return text
    .trim()
    .split(/\s*\n\s*/)
    .join(' ');
}
