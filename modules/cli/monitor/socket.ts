/** Records of a devd that runs, from its stream socket, which Node can open by itself. */
import { once } from 'node:events';
import { createConnection } from 'node:net';
import { createInterface } from 'node:readline';
import { CarpetError } from '../../../core/index.js';
import type { RecordPrinter } from './printer.js';

/** Returns when devd closes. @throws CarpetError when it cannot be reached */
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
