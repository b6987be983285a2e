import type { InetFamily } from '../index.js';

/** A raw(7) socket of one protocol, non-blocking, watched by the event loop. Owns its descriptor. */
export interface RawSocket extends Disposable {
  readonly fd: number;
  /** Whether `readable` is not called for the time being; what comes waits in the kernel. */
  pause(paused: boolean): void;
}

export interface RawSocketOptions {
  readonly family: InetFamily;
  /** IP protocol number, 1 to 255. */
  readonly protocol: number;
  /** There is something to read, an error perhaps. Called again as long as it is not read. */
  readonly readable: () => void;
  /** The socket was closed, because it could not be watched any more. */
  readonly failed: (error: Error) => void;
}
