/**
 * A pipe for the output of an action. Node's own 'pipe' is a pair of sockets, into which `echo >/dev/stderr` fails
 * with ENXIO; and one pipe for both outputs keeps their lines in order.
 */
import { createRequire } from 'node:module';
import { constants } from 'node:os';
import type koffiModule from 'koffi';

export interface Pipe {
  readonly readEnd: number;
  readonly writeEnd: number;
}

// Linux, FreeBSD, OpenBSD; macOS has no pipe2 and closes what is not passed on when it spawns.
const O_CLOEXEC: Partial<Record<NodeJS.Platform, number>> = {
  linux: 0x80000,
  freebsd: 0x100000,
  openbsd: 0x10000,
};

/** pipe2(2) with both ends closed in children that are not given them. */
export class PipeMaker {
  readonly #ends = Buffer.alloc(8);
  readonly #pipe: () => number;
  readonly #errno: () => number;

  constructor() {
    const koffi = createRequire(import.meta.url)('koffi') as typeof koffiModule;
    const libc = koffi.load(null);
    const cloexec = O_CLOEXEC[process.platform];
    this.#errno = () => koffi.errno();
    if (cloexec === undefined) {
      const pipe = libc.func('int pipe(void *ends)');
      this.#pipe = () => pipe(this.#ends) as number;
    } else {
      const pipe2 = libc.func('int pipe2(void *ends, int flags)');
      this.#pipe = () => pipe2(this.#ends, cloexec) as number;
    }
  }

  /** @throws Error with the errno's name, when there are too many open files */
  open(): Pipe {
    if (this.#pipe() !== 0) throw new Error(`no pipe for the output: ${errnoName(this.#errno())}`);
    return { readEnd: this.#ends.readInt32LE(0), writeEnd: this.#ends.readInt32LE(4) };
  }
}

function errnoName(errno: number): string {
  return Object.entries(constants.errno).find(([, value]) => value === errno)?.[0] ?? `errno ${errno}`;
}
