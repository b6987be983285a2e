import { connect, type Socket } from 'node:net';
import { Libc } from '../../libc/index.js';

/** A socket as Node keeps it: the descriptor is nowhere else to be had. */
interface WithHandle {
  readonly _handle?: { readonly fd?: number } | null;
}

/**
 * Which process listens on a Unix socket: one that is stopped is connected to all the same, but cannot say who it is.
 *
 * @returns its pid; undefined if it is not to be had, as from another container or another operating system than Linux
 */
export function listenerPid(path: string): Promise<number | undefined> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      const pid = peerPid(socket);
      socket.destroy();
      resolve(pid);
    });
    socket.once('error', () => resolve(undefined));
  });
}

function peerPid(socket: Socket): number | undefined {
  try {
    const fd = (socket as unknown as WithHandle)._handle?.fd ?? -1;
    // 0 is a process that cannot be seen from here.
    return Libc.load().credentials(fd)?.pid || undefined;
  } catch {
    return undefined;
  }
}
