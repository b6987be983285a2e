import {
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  openSync,
  readFileSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { CarpetError } from '../../../core/index.js';
import { lockFile } from '../../libc/index.js';
import { UsageError } from '../failure.js';

/** Why a file cannot be opened, where the name of the error does not say enough. */
const REASONS: Readonly<Record<string, string>> = {
  ELOOP: 'it is a symbolic link: remove it',
  ENOENT: 'its folder does not exist: make it, or choose another path',
  ENOTDIR: 'its folder is a file: choose another path',
  EISDIR: 'it is a folder: choose another path',
  EACCES: 'this user may not write it: choose another path',
  EROFS: 'its folder is read-only: choose another path',
};

/**
 * The pid file of a daemon, as pidfile(3) of FreeBSD has it: locked as long as the daemon lives, so that a file left by a
 * crash does not block the next start, and of two daemons that start at once only one succeeds.
 */
export class PidFile implements Disposable {
  readonly #path: string;
  readonly #fd: number;

  private constructor(path: string, fd: number) {
    this.#path = path;
    this.#fd = fd;
  }

  /**
   * Takes the file and writes the pid.
   *
   * @throws UsageError if another daemon holds it, CarpetError EPIDFILE if it cannot be opened
   */
  static take(path: string): PidFile {
    const fd = open(path);
    if (!lockFile(fd)) {
      const pid = readFileSync(fd, 'latin1').trim();
      closeSync(fd);
      throw new UsageError(`devd already running, pid: ${pid}`);
    }
    ftruncateSync(fd);
    writeSync(fd, String(process.pid));
    return new PidFile(path, fd);
  }

  /** Removes the file and releases the lock. */
  [Symbol.dispose](): void {
    rmSync(this.#path, { force: true });
    closeSync(this.#fd);
  }
}

/** Never follows a symbolic link: in a folder that another user owns, a link could lead to any file, and we overwrite it. */
function open(path: string): number {
  const { O_RDWR, O_CREAT, O_NOFOLLOW, O_NONBLOCK } = constants;
  let fd: number;
  try {
    fd = openSync(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o600);
  } catch (error) {
    const code = String((error as NodeJS.ErrnoException).code);
    throw refusal(path, REASONS[code] ?? code);
  }
  if (fstatSync(fd, { bigint: true }).isFile()) return fd;
  closeSync(fd);
  throw refusal(path, 'it is no regular file: remove it');
}

function refusal(path: string, why: string): CarpetError {
  return new CarpetError('EPIDFILE', `cannot open the pid file ${path}: ${why}`);
}
