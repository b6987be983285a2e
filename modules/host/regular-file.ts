/**
 * Reads the files that a daemon is configured by, of which one may be anything: a pipe without a writer must not stop
 * the event loop, nor a device without an end fill the memory.
 *
 * @module
 */
import { type BigIntStats, closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';

const PIECE_BYTES = 64 * 1024;

/** A regular file as it was read. */
export interface FileText {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Permission bits. */
  readonly mode: number;
  readonly uid: number;
}

/**
 * Reads a regular file of at most `limit` bytes. A pipe is opened without waiting for its writer, and refused, as are
 * devices and folders.
 *
 * @returns the file, or why it cannot be read, in words that continue its name
 */
export function readRegularFile(path: string, limit: number): FileText | string {
  let fd: number | undefined;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
    const stat = fstatSync(fd, { bigint: true });
    if (!stat.isFile()) return `is ${kind(stat)}, not a file`;
    const bytes = readAll(fd, limit + 1);
    if (bytes.length > limit) return `has more than ${limit} bytes`;
    return { bytes, mode: Number(stat.mode) & 0o7777, uid: Number(stat.uid) };
  } catch (error) {
    return `cannot be read: ${fileErrorReason(error)}`;
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

/** In pieces: the size that a file says it has may be 0 (in /proc), or change meanwhile. */
function readAll(fd: number, limit: number): Uint8Array<ArrayBuffer> {
  const pieces: Uint8Array[] = [];
  let left = limit;
  while (left > 0) {
    const piece = new Uint8Array(Math.min(left, PIECE_BYTES));
    const read = readSync(fd, piece, 0, piece.length, null);
    if (read === 0) break;
    pieces.push(piece.subarray(0, read));
    left -= read;
  }
  return Uint8Array.from(Buffer.concat(pieces));
}

function kind(stat: BigIntStats): string {
  if (stat.isDirectory()) return 'a folder';
  if (stat.isFIFO()) return 'a pipe';
  return stat.isSocket() ? 'a socket' : 'a device';
}

const REASONS: Record<string, string> = {
  ENOENT: 'there is no such file',
  EACCES: 'permission denied',
  ELOOP: 'its symbolic links go round in a circle',
  ENXIO: 'it is a socket or a device',
};

/** Why a call on a file failed, in words that follow a colon: Node's message repeats the call and the path. */
export function fileErrorReason(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code !== undefined && REASONS[code] !== undefined) return REASONS[code];
  return message.replace(/^E[A-Z0-9]+: /, '').replace(/, .*$/, '');
}
