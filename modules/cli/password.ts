import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { describe } from '../../core/errors.js';
import { UsageError } from './failure.js';

/** CARP's key has 20 bytes. */
export const MAX_PASSWORD_BYTES = 20;
/** ucarp, FreeBSD and OpenBSD keep the last one for a NUL, and ucarp refuses a longer password. */
export const MAX_UCARP_PASSWORD_BYTES = 19;
/** ucarp reads this much of a file. */
const MAX_LINE_BYTES = 511;
const READABLE_BY_OTHERS = 0o004;

/**
 * Checks the length of a password of the command line or of a file.
 *
 * @param origin where it came from, for the message
 * @param limit in bytes
 * @throws UsageError
 */
export function checkPassword(
  password: Uint8Array<ArrayBuffer>,
  origin: string,
  limit: number,
): Uint8Array<ArrayBuffer> {
  const { length } = password;
  if (length === 0) throw new UsageError(`${origin}: the password is empty`);
  if (length <= limit) return password;
  throw new UsageError(`${origin}: the password has ${length} bytes, at most ${limit} are possible`);
}

/**
 * Reads the password in the first line of a file, byte for byte except for a carriage return at its end.
 *
 * @param warn receives a line if other users can read the file
 * @param limit in bytes
 * @throws UsageError
 */
export function readPasswordFile(
  file: string,
  warn: (text: string) => void,
  limit = MAX_PASSWORD_BYTES,
): Uint8Array<ArrayBuffer> {
  const { bytes, mode } = readStart(file);
  if (mode & READABLE_BY_OTHERS) {
    warn(`${file} can be read by every user of this host: chmod o-r ${file}`);
  }
  const end = bytes.indexOf(10);
  if (end < 0 && bytes.length === MAX_LINE_BYTES) throw new UsageError(`${file}: the first line is too long`);
  const line = end < 0 ? bytes : bytes.subarray(0, end);
  return checkPassword(line.at(-1) === 13 ? line.subarray(0, -1) : line, file, limit);
}

function readStart(file: string): { bytes: Uint8Array<ArrayBuffer>; mode: number } {
  let fd: number | undefined;
  try {
    fd = openSync(file, 'r');
    const bytes = new Uint8Array(MAX_LINE_BYTES);
    const length = readSync(fd, bytes, 0, MAX_LINE_BYTES, null);
    return { bytes: bytes.subarray(0, length), mode: Number(fstatSync(fd, { bigint: true }).mode) };
  } catch (error) {
    throw new UsageError(`cannot read the password file ${file}: ${reason(error)}`);
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

/** Node's message repeats the call and the path behind a comma: only the part before it helps. */
function reason(error: unknown): string {
  return describe(error)
    .replace(/^E[A-Z0-9]+: /, '')
    .replace(/, .*$/, '');
}
