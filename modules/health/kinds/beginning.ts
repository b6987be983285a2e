import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { HealthError } from '../errors.js';

const MAX_BYTES = 64 * 1024;

/**
 * The first 64 KiB of a regular file. The open of a FIFO would wait for a writer in a thread of the pool, which the exit
 * of the process waits for: hence O_NONBLOCK.
 *
 * @throws HealthError EFAILED, as a rejection, for anything but a regular file; what open(2) and read(2) fail with
 */
export async function beginningOf(path: string): Promise<string> {
  await using file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  if (!(await file.stat()).isFile()) throw new HealthError('EFAILED', `${path} is not a regular file`);
  const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(MAX_BYTES) });
  return buffer.toString('utf8', 0, bytesRead);
}
