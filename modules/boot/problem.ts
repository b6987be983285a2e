import { CarpetError } from '../../core/index.js';

/** Where something stands in a settings file; line and column count from 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** One mistake in the settings, or one thing to look at. */
export interface Problem {
  readonly place: Place;
  /** Which setting: `modules.carp.vhids[0].advskew`; empty for the file as a whole and for its syntax. */
  readonly path: string;
  /** What is expected there, and what stands there; never a secret. */
  readonly message: string;
}

/** `carpet.yaml:7:16: modules.carp.vhids[0].advskew: is not 0 to 255 (found 300)`, as compilers write it. */
export function formatProblem({ place, path, message }: Problem): string {
  const { file, line, column } = place;
  return `${file}:${line}:${column}: ${path === '' ? '' : `${path}: `}${message}`;
}

/** By file in the order in which files were read, then by line and column. */
export function sortProblems(problems: readonly Problem[], files: readonly string[]): Problem[] {
  const rank = (file: string): number => files.indexOf(file);
  return problems.toSorted(
    ({ place: a }, { place: b }) => rank(a.file) - rank(b.file) || a.line - b.line || a.column - b.column,
  );
}

/** The settings cannot be taken. Code ECONFIG; `problems` holds every mistake that was found. */
export class ConfigError extends CarpetError {
  override readonly name = 'ConfigError';

  constructor(readonly problems: readonly Problem[]) {
    super('ECONFIG', problems.map(formatProblem).join('\n'));
  }
}

export type PathKey = string | number;

/** `modules.carp.vhids[0].advskew`; a key that is no plain word is quoted. */
export function formatPath(path: readonly PathKey[]): string {
  return path
    .map((key) => {
      if (typeof key === 'number') return `[${key}]`;
      return /^[\w@%:./-]+$/.test(key) ? `.${key}` : `.${JSON.stringify(key)}`;
    })
    .join('')
    .replace(/^\./, '');
}
