/**
 * The pid file of a daemon, as pidfile(3) of FreeBSD has it: locked as long as the daemon lives, so that a file left
 * behind by a crash keeps nobody from starting, and two that start at once do not both succeed.
 */
import { closeSync, constants, ftruncateSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { CarpetError } from '../../../core/index.js';
import { lockFile } from '../../libc/index.js';
import { UsageError } from '../failure.js';

export class PidFile implements Disposable {
  private constructor(
    private readonly path: string,
    private readonly fd: number,
  ) {}

  /** Takes the file and writes the pid. @throws UsageError when another holds it, CarpetError when it cannot be made */
  static take(path: string): PidFile {
    const fd = open(path);
    if (!lockFile(fd)) {
      const pid = readFileSync(path, 'latin1').trim();
      closeSync(fd);
      throw new UsageError(`devd already running, pid: ${pid}`);
    }
    ftruncateSync(fd);
    writeSync(fd, String(process.pid));
    return new PidFile(path, fd);
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { force: true });
    closeSync(this.fd);
  }
}

function open(path: string): number {
  try {
    return openSync(path, constants.O_RDWR | constants.O_CREAT, 0o600);
  } catch (error) {
    throw new CarpetError(
      'EPIDFILE',
      `cannot open the pid file ${path}: ${(error as NodeJS.ErrnoException).code}`,
    );
  }
}
