import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { Libc } from '../../libc/index.js';
import type { ServerLimits } from '../protocol.js';
import type { PeerGroups } from './access.js';
import { Places } from './places.js';
import { Refusals } from './refusals.js';
import { type Reader, UnreadAnswers } from './unread.js';

/** A socket as Node keeps it: the descriptor is nowhere else to be had. */
interface WithHandle {
  readonly _handle?: { readonly fd?: number } | null;
}

/** Requests of one connection whose answers are not out: more come from one who asks on and reads nothing. */
const MAX_UNANSWERED = 8;

interface Connection {
  readonly peer: PeerGroups;
  readonly reader: Reader;
  unanswered: number;
}

/** What the connections tell. */
interface ConnectionReports {
  /** There has been no connection for a while. */
  idle(): void;
  /** A client of this user was cut off. */
  cutOff(uid: number, why: string): void;
}

/**
 * The open connections, each with the peer at its other end, limited in number and by user. Idle time is the machine's
 * own: the server's thread has no kernel, and answers while the kernel stands still.
 */
export class Connections {
  readonly #limits: ServerLimits;
  readonly #places: Places;
  readonly #reports: ConnectionReports;
  readonly #unread: UnreadAnswers;
  readonly #refusals = new Refusals();
  readonly #libc = Libc.load();
  readonly #open = new Map<Socket, Connection>();
  #idleTimer: NodeJS.Timeout | undefined;

  constructor(limits: ServerLimits, reports: ConnectionReports) {
    this.#limits = limits;
    this.#places = new Places(limits.connections, limits.connectionsPerUser);
    this.#reports = reports;
    this.#unread = new UnreadAnswers((uid, bytes) =>
      reports.cutOff(uid, `this user has not read ${(bytes / 2 ** 20).toFixed(1)} MiB of answers`),
    );
    this.#wait();
  }

  accept(socket: Socket): void {
    const peer = this.#read(socket);
    const place = peer && this.#places.take(peer.uid);
    if (peer === undefined) return void socket.destroy();
    if (place === undefined)
      return this.#refusals.refuse(socket, this.#places.refusal(peer.uid, 'connections'));
    clearTimeout(this.#idleTimer);
    const reader = this.#unread.enter(peer.uid, socket);
    this.#open.set(socket, { peer, reader, unanswered: 0 });
    socket.once('close', () => {
      this.#open.delete(socket);
      place[Symbol.dispose]();
      this.#unread.leave(reader);
      if (this.#open.size === 0) this.#wait();
    });
  }

  /**
   * Counts a request until its answer is out.
   * @returns who asks; undefined for one who was not taken, or is cut off
   */
  begin(response: ServerResponse): PeerGroups | undefined {
    const { socket } = response.req;
    const connection = this.#open.get(socket);
    // What had come with the last request before it was cut off is still read, and reported no more.
    if (connection === undefined || socket.destroyed) return undefined;
    if (++connection.unanswered > MAX_UNANSWERED) {
      this.#reports.cutOff(connection.peer.uid, `it has asked on, with ${MAX_UNANSWERED} answers to come`);
      return void socket.destroy();
    }
    response.once('close', () => connection.unanswered--);
    return connection.peer;
  }

  /** Counts bytes that are given to a client. @returns to be called when they are out */
  hold({ req }: ServerResponse, bytes: Buffer): () => void {
    const connection = this.#open.get(req.socket);
    return connection === undefined ? () => undefined : this.#unread.hold(connection.reader, bytes);
  }

  get empty(): boolean {
    return this.#open.size === 0;
  }

  /** Says no more that it is idle. */
  close(): void {
    clearTimeout(this.#idleTimer);
  }

  #wait(): void {
    this.#idleTimer = setTimeout(() => this.#reports.idle(), this.#limits.idleMs);
    this.#idleTimer.unref();
  }

  #read(socket: Socket): PeerGroups | undefined {
    const fd = (socket as unknown as WithHandle)._handle?.fd;
    if (fd === undefined || fd < 0) return undefined;
    const credentials = this.#libc.credentials(fd);
    return credentials && { ...credentials, groups: this.#libc.groups(fd) };
  }
}
