import { stat } from 'node:fs/promises';
import { describe } from '../../../core/index.js';
import { HealthError } from '../errors.js';
import { beginningOf } from './beginning.js';

/** What is asked of a file. */
export interface FileSettings {
  readonly path: string;
  /** True: it must not exist. */
  readonly absent?: boolean | undefined;
  /** It must have been written less than so many milliseconds ago. */
  readonly maxAge?: number | undefined;
  /** Its first 64 KiB must have this text in them. */
  readonly contains?: string | undefined;
}

/** Asks for a file. */
export async function probeFile(
  { path, absent = false, maxAge, contains }: FileSettings,
  wallTime: number,
): Promise<void> {
  const modified = await modificationTime(path);
  if (absent) {
    if (modified !== undefined) throw new HealthError('EFAILED', `${path} exists`);
    return;
  }
  if (modified === undefined) throw new HealthError('EFAILED', `${path} does not exist`);
  const age = wallTime - modified;
  if (maxAge !== undefined && Math.abs(age) > maxAge) throw new HealthError('EFAILED', ageText(path, age));
  if (contains !== undefined && !(await beginningOf(path)).includes(contains))
    throw new HealthError('EFAILED', `${path} lacks '${contains}'`);
}

function ageText(path: string, age: number): string {
  const seconds = Math.round(Math.abs(age) / 1000);
  // The clock was set back.
  return age < 0 ? `${path} was written in the future, in ${seconds} s` : `${path} is ${seconds} s old`;
}

/** @returns undefined if there is no such file */
async function modificationTime(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).mtimeMs;
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw new HealthError('EFAILED', describe(error));
  }
}
