import type { Socket } from 'node:net';
import { Libc } from '../../libc/index.js';
import type { ServerLimits } from '../protocol.js';
import type { PeerGroups } from './access.js';

/** A socket as Node keeps it: the descriptor is nowhere else to be had. */
interface WithHandle {
  readonly _handle?: { readonly fd?: number } | null;
}

/**
 * The open connections, each with the peer at its other end, limited in number and by user. Idle time is the machine's
 * own: the server's thread has no kernel, and answers while the kernel stands still.
 */
export class Connections {
  readonly #limits: ServerLimits;
  readonly #idle: () => void;
  readonly #libc = Libc.load();
  readonly #peers = new Map<Socket, PeerGroups>();
  #idleTimer: NodeJS.Timeout | undefined;

  /** @param idle called when there has been no connection for a while */
  constructor(limits: ServerLimits, idle: () => void) {
    this.#limits = limits;
    this.#idle = idle;
    this.#wait();
  }

  accept(socket: Socket): void {
    const peer = this.#read(socket);
    if (peer === undefined || !this.#hasRoom(peer)) return void socket.destroy();
    clearTimeout(this.#idleTimer);
    this.#peers.set(socket, peer);
    socket.once('close', () => {
      this.#peers.delete(socket);
      if (this.#peers.size === 0) this.#wait();
    });
  }

  /** Undefined for a connection that was not taken. */
  peerOf(socket: Socket): PeerGroups | undefined {
    return this.#peers.get(socket);
  }

  destroy(): void {
    clearTimeout(this.#idleTimer);
    for (const socket of this.#peers.keys()) socket.destroy();
  }

  /** Root is never locked out by somebody else's connections: a few places are kept. */
  #hasRoom({ uid }: PeerGroups): boolean {
    const { connections, connectionsPerUser } = this.#limits;
    if (uid === 0) return this.#peers.size < connections;
    if (this.#peers.size >= connections * 0.9) return false;
    let own = 0;
    for (const peer of this.#peers.values()) if (peer.uid === uid) own++;
    return own < connectionsPerUser;
  }

  #wait(): void {
    this.#idleTimer = setTimeout(this.#idle, this.#limits.idleMs);
    this.#idleTimer.unref();
  }

  #read(socket: Socket): PeerGroups | undefined {
    const fd = (socket as unknown as WithHandle)._handle?.fd;
    if (fd === undefined || fd < 0) return undefined;
    const credentials = this.#libc.credentials(fd);
    return credentials && { ...credentials, groups: this.#libc.groups(fd) };
  }
}
