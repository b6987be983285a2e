/**
 * @module
 * The folder of the status sockets, and the names in it. A killed process leaves a stale socket, which refuses
 * connections; the first process that notices removes it.
 */
import { readdirSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { CarpetError } from '../../core/index.js';
import { makeOwnFolder } from '../host/index.js';

/** Where processes put their sockets by default. */
export const STATUS_FOLDER = '/run/carpet';

const MAX_PATH_BYTES = 107; // sun_path has 108, one of them for the final NUL

/** The socket of one process. */
export interface StatusSocket {
  readonly pid: number;
  readonly path: string;
}

/** The socket that a process has in a folder. */
export function statusSocket(folder: string, pid: number): StatusSocket {
  return { pid, path: join(folder, `carp-${pid}.sock`) };
}

/** Every entry of the folder that is named like a socket. @throws the error of readdir(3), mostly ENOENT */
export function listSockets(folder: string): StatusSocket[] {
  return readdirSync(folder)
    .map((name) => /^carp-([1-9]\d{0,9})\.sock$/.exec(name)?.[1])
    .filter((pid) => pid !== undefined)
    .map((pid) => statusSocket(folder, Number(pid)));
}

/**
 * Makes the folder if it does not exist, and refuses one in which other users could put sockets of their own.
 *
 * @throws CarpetError EPERM, ENAMETOOLONG; or the error of mkdir(2)
 */
export function prepareFolder(folder: string): void {
  const { path } = statusSocket(folder, process.pid);
  if (Buffer.byteLength(path) > MAX_PATH_BYTES)
    throw new CarpetError(
      'ENAMETOOLONG',
      `${path} is longer than ${MAX_PATH_BYTES} bytes: name a shorter folder`,
    );
  makeOwnFolder(folder, 'the folder');
}

/** Removes stale sockets; those that cannot be removed stay. @throws the error of readdir(3) */
export async function removeStale(folder: string): Promise<void> {
  await Promise.all(
    listSockets(folder).map(async ({ path }) => {
      if (await refuses(path)) removeSocket(path);
    }),
  );
}

/** Removes a socket if it can be removed. */
export function removeSocket(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // not ours to remove, and harmless
  }
}

function refuses(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path, () => {
      socket.destroy();
      resolve(false);
    });
    socket.on('error', ({ code }: NodeJS.ErrnoException) => resolve(code === 'ECONNREFUSED'));
  });
}
