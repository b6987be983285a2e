import { type Checked, type CheckOptions, formatProblem } from '../boot/index.js';
import { BUILTINS } from '../builtin/index.js';
import { UsageError } from './failure.js';

/** Where `carpet up` looks for its settings. */
export const SETTINGS_FILE = '/etc/carpet/carpet.yaml';

/** How this process checks a settings file. @param control whether the control socket is opened */
export function checkOptions(control: boolean): CheckOptions {
  return {
    registry: BUILTINS,
    credentials: process.env['CREDENTIALS_DIRECTORY'],
    always: control ? ['host', 'control', 'upgrade'] : ['host'],
  };
}

/** Every mistake in a line of its own, as compilers write them. */
export function problemLines({ problems, warnings }: Pick<Checked, 'problems' | 'warnings'>): string[] {
  return [
    ...problems.map((problem) => severity(formatProblem(problem), 'error')),
    ...warnings.map((problem) => severity(formatProblem(problem), 'warning')),
  ];
}

/** The error that ends a command after the mistakes were shown. */
export function mistakes({ problems }: Pick<Checked, 'problems'>, outcome: string): UsageError {
  const count = problems.length === 1 ? '1 mistake' : `${problems.length} mistakes`;
  return new UsageError(`${count} in the settings: ${outcome}`);
}

function severity(line: string, word: string): string {
  return line.replace(/^(.*?:\d+:\d+: )/s, `$1${word}: `);
}
