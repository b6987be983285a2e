import { once } from 'node:events';
import { createConnection } from 'node:net';
import { createInterface } from 'node:readline';
import { CarpetError } from '../../../core/index.js';
import type { RecordPrinter } from './printer.js';

/**
 * Prints the records of a running devd, from its stream socket. Returns when devd closes it.
 *
 * @throws CarpetError ENODEVD if it cannot be reached
 */
export async function monitorSocket(printer: RecordPrinter, path: string): Promise<void> {
  const socket = createConnection(path.startsWith('@') ? `\0${path.slice(1)}` : path);
  try {
    await once(socket, 'connect');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new CarpetError(
      'ENODEVD',
      `no devd listens at ${path} (${code}): is it running, with this --stream?`,
    );
  }
  for await (const line of createInterface({ input: socket })) printer.print(line, Date.now());
}
