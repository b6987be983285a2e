import type { InetFamily } from '../index.js';

/** A non-blocking raw(7) socket of one protocol, watched by the event loop. Owns its descriptor. */
export interface RawSocket extends Disposable {
  readonly fd: number;
  /** Stops or resumes calling `readable`. What arrives meanwhile waits in the kernel. */
  pause(paused: boolean): void;
}

/** How to open a raw socket. */
export interface RawSocketOptions {
  readonly family: InetFamily;
  /** IP protocol number, 1 to 255. */
  readonly protocol: number;
  /** Called while there is something to read: a packet, or a pending error. */
  readonly readable: () => void;
  /** Called when the socket was closed because it could not be watched any more. */
  readonly failed: (error: Error) => void;
}
