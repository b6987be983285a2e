/**
 * The folder in which processes that run CARP have their sockets, and the names there. A socket that nobody listens on
 * is what a killed process has left: it refuses connections, and whoever notices removes it.
 */
import { lstatSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { CarpetError } from '../../core/index.js';

export const STATUS_FOLDER = '/run/carpet';

const LONGEST = 107; // sun_path has 108 bytes, of which a path needs one for its end
const WRITABLE_BY_OTHERS = 0o022n;

export interface StatusSocket {
  readonly pid: number;
  readonly path: string;
}

export function statusSocket(folder: string, pid: number): StatusSocket {
  return { pid, path: join(folder, `carp-${pid}.sock`) };
}

/** Everything in the folder that has the name of a socket. @throws the error of readdir(3), ENOENT above all */
export function listSockets(folder: string): StatusSocket[] {
  return readdirSync(folder)
    .map((name) => /^carp-([1-9]\d{0,9})\.sock$/.exec(name)?.[1])
    .filter((pid) => pid !== undefined)
    .map((pid) => statusSocket(folder, Number(pid)));
}

/**
 * Makes the folder if it is not there. In one that others may write to, they could put sockets of their own.
 * @throws CarpetError, or the error of mkdir(2)
 */
export function prepareFolder(folder: string): void {
  const { path } = statusSocket(folder, process.pid);
  if (Buffer.byteLength(path) > LONGEST)
    throw new CarpetError('ENAMETOOLONG', `${path} is longer than ${LONGEST} bytes: name a shorter folder`);
  makeFolder(folder);
  const { uid, mode } = lstatSync(`${folder}/`, { bigint: true });
  const isOurs = [process.geteuid?.(), 0].includes(Number(uid));
  if (isOurs && (mode & WRITABLE_BY_OTHERS) === 0n) return;
  throw new CarpetError(
    'EPERM',
    `others may write to the folder ${folder}: chmod 700 ${folder}, or name another`,
  );
}

/** Not recursive: where a parent cannot be made (in /proc), Node would try for ever. */
function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

/** Removes what killed processes have left; what cannot be removed stays. @throws the error of readdir(3) */
export async function removeStale(folder: string): Promise<void> {
  await Promise.all(
    listSockets(folder).map(async ({ path }) => {
      if (await refuses(path)) removeSocket(path);
    }),
  );
}

export function removeSocket(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // not ours to remove: it disturbs nobody
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
