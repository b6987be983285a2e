import { type BigIntStats, lstatSync, mkdirSync } from 'node:fs';
import { CarpetError } from '../../core/index.js';

const WRITABLE_BY_OTHERS = 0o022n;

/**
 * Makes a folder if it does not exist, and refuses one into which others could put files of their own.
 *
 * @param kind what it is called in an error: "the state folder"
 * @throws CarpetError EPERM; or the error of mkdir(2)
 */
export function makeOwnFolder(folder: string, kind: string): void {
  make(folder);
  // A symbolic link of somebody else's leads wherever that user wants, also to a folder of ours.
  if (!isOurs(lstatSync(folder.replace(/(?<=.)\/+$/, ''), { bigint: true })))
    throw new CarpetError('EPERM', `${kind} ${folder} belongs to another user: name another`);
  const target = lstatSync(`${folder}/`, { bigint: true });
  if (isOurs(target) && (target.mode & WRITABLE_BY_OTHERS) === 0n) return;
  throw new CarpetError(
    'EPERM',
    `others may write to ${kind} ${folder}: chmod 700 ${folder}, or name another`,
  );
}

function isOurs({ uid }: BigIntStats): boolean {
  return uid === 0n || uid === BigInt(process.geteuid?.() ?? 0);
}

/** Not recursive: if a parent cannot be made (in /proc), Node 20 tries for ever. */
function make(folder: string): void {
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}
