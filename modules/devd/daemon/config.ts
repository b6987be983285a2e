/**
 * Reads devd.conf and the directories it names. The main file comes first, then each directory in the order of its
 * option; of a directory every entry that ends in `.conf`, hidden ones too, sorted by name (FreeBSD's devd takes the
 * order on disk). A missing directory is not an error.
 *
 * @module
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { CarpetError } from '../../../core/index.js';
import { fileErrorReason, readRegularFile } from '../../host/index.js';
import { describeRemark, type ParsedFile, parseConfig } from '../language/index.js';
import type { Warning } from '../lint/index.js';

/** A hundred times the largest file that is known. */
const MAX_CONFIG_BYTES = 16 * 1024 * 1024;

/** ECONFIG: a file that cannot be read or parsed; the message says where and why. */
export class DevdConfigError extends CarpetError {
  constructor(message: string) {
    super('ECONFIG', message);
  }
}

/** A configuration as read. */
export interface LoadedConfig {
  /** Files without an error, in the order read. */
  readonly files: readonly ParsedFile[];
  /** One line for each file of a directory that was left out, with the reason. */
  readonly problems: readonly string[];
  /** Files that were not read because their names do not end in `.conf`. */
  readonly warnings: readonly Warning[];
}

/** Reads a file and the directories it names. @throws DevdConfigError for the main file only */
export function loadConfig(path: string): LoadedConfig {
  const main = readConfig(path);
  if (main.error !== undefined) throw new DevdConfigError(describeRemark(path, main.error));
  const files = [main];
  const problems: string[] = [];
  const warnings: Warning[] = [];
  for (const { kind, option, name, at } of options(main)) {
    if (kind !== 'option' || option !== 'directory') continue;
    for (const entry of entriesOf(name, problems)) {
      if (!entry.endsWith('.conf')) {
        warnings.push({
          file: path,
          ...at,
          message: `${join(name, entry)} is not read: its name does not end in .conf`,
        });
        continue;
      }
      add(join(name, entry), files, problems);
    }
  }
  for (const file of files.slice(1)) {
    for (const { option, at } of options(file)) {
      if (option !== 'directory') continue;
      warnings.push({
        file: file.file,
        ...at,
        message: 'a directory counts in the main file only, and is not read',
      });
    }
  }
  return { files, problems, warnings };
}

/** Reads one file. @throws DevdConfigError when it cannot be read; a syntax error is in the result */
export function readConfig(path: string): ParsedFile {
  const file = readRegularFile(path, MAX_CONFIG_BYTES);
  if (typeof file === 'string') throw new DevdConfigError(`${path} ${file}`);
  return parseConfig(new TextDecoder('utf-8', { ignoreBOM: true }).decode(file.bytes), path);
}

function options(file: ParsedFile) {
  return file.statements.filter((statement) => statement.kind === 'option');
}

function add(path: string, files: ParsedFile[], problems: string[]): void {
  try {
    const file = readConfig(path);
    if (file.error === undefined) files.push(file);
    else problems.push(describeRemark(path, file.error));
  } catch (error) {
    if (!(error instanceof DevdConfigError)) throw error;
    problems.push(error.message);
  }
}

function entriesOf(directory: string, problems: string[]): string[] {
  try {
    return readdirSync(directory).toSorted();
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code !== 'ENOENT')
      problems.push(`the directory ${directory} cannot be read: ${fileErrorReason(error)}`);
    return [];
  }
}
