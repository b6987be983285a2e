import { Library } from './library.js';

/** The descriptors of a pipe. */
export interface Pipe {
  readonly readEnd: number;
  readonly writeEnd: number;
}

// macOS lacks pipe2(2), and there spawn closes every descriptor that is not passed on.
const O_CLOEXEC: Partial<Record<NodeJS.Platform, number>> = {
  linux: 0x80000,
  freebsd: 0x100000,
  openbsd: 0x10000,
};

/**
 * Opens pipes whose ends are closed in children, except where they are passed on (pipe2(2)). Node's own 'pipe' is a pair
 * of sockets, on which `echo >/dev/stderr` fails with ENXIO. One pipe for both outputs keeps their lines in order.
 */
export class PipeMaker {
  readonly #library = Library.load();
  readonly #ends = Buffer.alloc(8);
  readonly #pipe: () => number;

  /** @throws CarpetError ENOPKG without koffi */
  constructor() {
    const cloexec = O_CLOEXEC[process.platform];
    if (cloexec === undefined) {
      const pipe = this.#library.func('int pipe(void *ends)');
      this.#pipe = () => pipe(this.#ends);
    } else {
      const pipe2 = this.#library.func('int pipe2(void *ends, int flags)');
      this.#pipe = () => pipe2(this.#ends, cloexec);
    }
  }

  /** @throws SystemError EMFILE, ENFILE */
  open(): Pipe {
    this.#library.check('pipe', this.#pipe());
    return { readEnd: this.#ends.readInt32LE(0), writeEnd: this.#ends.readInt32LE(4) };
  }
}
