/** The shared password: from the command line, or from the first line of a file. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { describe } from '../../core/errors.js';
import { UsageError } from './failure.js';

/** CARP's key has 20 bytes; ucarp, FreeBSD and OpenBSD keep the last one for a NUL. */
const LONGEST = 19;
/** As much of a file as ucarp looks at. */
const MOST_BYTES = 511;
const READABLE_BY_OTHERS = 0o004;

/** @param origin where it came from, for the message */
export function checkPassword(password: Uint8Array<ArrayBuffer>, origin: string): Uint8Array<ArrayBuffer> {
  const { length } = password;
  if (length === 0) throw new UsageError(`${origin}: the password is empty`);
  if (length <= LONGEST) return password;
  throw new UsageError(`${origin}: the password has ${length} bytes, at most ${LONGEST} are possible`);
}

/**
 * Reads the first line, byte for byte; only a carriage return at its end is left out, as a file from Windows has it.
 * @param warn receives a line when others could read the file as well
 */
export function readPasswordFile(file: string, warn: (text: string) => void): Uint8Array<ArrayBuffer> {
  const { bytes, mode } = readStart(file);
  if (mode & READABLE_BY_OTHERS) {
    warn(`${file} can be read by every user of this host: chmod o-r ${file}`);
  }
  const end = bytes.indexOf(10);
  if (end < 0 && bytes.length === MOST_BYTES) throw new UsageError(`${file}: the first line is too long`);
  const line = end < 0 ? bytes : bytes.subarray(0, end);
  return checkPassword(line.at(-1) === 13 ? line.subarray(0, -1) : line, file);
}

function readStart(file: string): { bytes: Uint8Array<ArrayBuffer>; mode: number } {
  let fd: number | undefined;
  try {
    fd = openSync(file, 'r');
    const bytes = new Uint8Array(MOST_BYTES);
    const length = readSync(fd, bytes, 0, MOST_BYTES, null);
    return { bytes: bytes.subarray(0, length), mode: Number(fstatSync(fd, { bigint: true }).mode) };
  } catch (error) {
    throw new UsageError(`cannot read the password file ${file}: ${reason(error)}`);
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

/** Node's message repeats the call and the path: only what stands before the comma tells the user something. */
function reason(error: unknown): string {
  return describe(error)
    .replace(/^E[A-Z0-9]+: /, '')
    .replace(/, .*$/, '');
}
