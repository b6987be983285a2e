import { type Dirent, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileErrorReason, readRegularFile } from '../../host/index.js';
import type { Place, Problem } from '../problem.js';

/** The folder beside the main file whose files are read after it. */
const CONF_D = 'conf.d';
/** A thousand vhids take 64 kB. */
const MAX_FILE_BYTES = 4 * 1024 * 1024;
const WRITABLE_BY_OTHERS = 0o002;

/** One file's text. */
export interface SourceText {
  readonly file: string;
  readonly text: string;
}

export interface SourceFiles {
  /** The main file first, then those of conf.d by name. */
  readonly texts: readonly SourceText[];
  readonly problems: readonly Problem[];
  readonly warnings: readonly Problem[];
}

/**
 * Reads a settings file and `conf.d/*.yaml` beside it, sorted by name byte by byte. A file that cannot be read is a
 * problem of that file; a folder that is missing is none.
 */
export function readSources(main: string): SourceFiles {
  const texts: SourceText[] = [];
  const problems: Problem[] = [];
  const warnings: Problem[] = [];
  for (const file of [main, ...confd(main, problems, warnings)]) {
    const read = readText(file, warnings);
    if (typeof read === 'string') problems.push(whole(file, read));
    else texts.push(read);
  }
  return { texts, problems, warnings };
}

function confd(main: string, problems: Problem[], warnings: Problem[]): string[] {
  const folder = join(dirname(main), CONF_D);
  let entries: Dirent[];
  try {
    entries = readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
      problems.push(whole(folder, `cannot be read: ${fileErrorReason(error)}`));
    return [];
  }
  const names = entries.map(({ name }) => name).filter((name) => !name.startsWith('.'));
  for (const name of names.filter((each) => !each.endsWith('.yaml')))
    warnings.push(whole(join(folder, name), 'is not read: its name does not end in .yaml'));
  return names
    .filter((name) => name.endsWith('.yaml'))
    .toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
    .map((name) => join(folder, name));
}

function readText(file: string, warnings: Problem[]): SourceText | string {
  const read = readRegularFile(file, MAX_FILE_BYTES);
  if (typeof read === 'string') return read;
  if (read.mode & WRITABLE_BY_OTHERS)
    warnings.push(whole(file, `can be changed by every user of this host: chmod o-w ${file}`));
  try {
    return { file, text: new TextDecoder('utf-8', { fatal: true }).decode(read.bytes) };
  } catch {
    return 'is not UTF-8 text';
  }
}

/** A problem of the file as a whole. */
function whole(file: string, message: string): Problem {
  const place: Place = { file, line: 1, column: 1 };
  return { place, path: '', message };
}
