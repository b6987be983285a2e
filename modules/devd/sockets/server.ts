/**
 * The sockets of devd(8): every record to every client, on a SOCK_SEQPACKET socket record by record, on the deprecated
 * stream socket one behind the other.
 *
 * Nothing waits for a client. What `broadcast` gets is collected, and sent when the running code has come to its end,
 * or at `flush`: one system call per client. A client whose buffer cannot take all of it is dropped at once, with a
 * log line, and so is one that has gone. Clients are not listened to. They see every record that is broadcast after
 * their connect(2) has returned: connections that wait are accepted before a batch is begun.
 *
 * The limit counts the clients of both sockets; `places.ts` divides them among users. A client without a place is
 * accepted, so that its user is known, and gets nothing until it has one; of these only a few wait.
 *
 * Known: a client of the stream socket that is dropped may have got a part of a record; FreeBSD's does too.
 *
 * @module
 */
import type { Callout, Clock, Log } from '../../../core/index.js';
import {
  Libc,
  MessageBatch,
  Poller,
  SO_SNDBUF,
  SOCK_SEQPACKET,
  SOCK_STREAM,
  SOL_SOCKET,
  SystemError,
} from '../../libc/index.js';
import { Client } from './client.js';
import { Listener } from './listener.js';
import { admit } from './places.js';
import type { ClientTunables } from './tunables.js';

/** What the sockets need, and where they are. */
export interface ClientSocketsOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly tunables: ClientTunables;
  /** Path or `@name` of the SOCK_SEQPACKET socket; null for none. Default /var/run/devd.seqpacket.pipe. */
  readonly seqpacket?: string | null;
  /** Path or `@name` of the stream socket; null for none. Default /var/run/devd.pipe. */
  readonly stream?: string | null;
  /** Permissions of the paths; default 0666. */
  readonly mode?: number;
  /** Owner of the paths; default: the user of this process. */
  readonly owner?: { readonly uid: number; readonly gid: number };
  /** Leave the paths behind, as FreeBSD's devd does; default false. */
  readonly keep?: boolean;
}

/** How long nothing is accepted after a failure (too many open files). */
const ACCEPT_RETRY_MS = 1000;
/** Connections taken in one turn of the event loop: who connects without end must not hold it up. */
const MAX_ACCEPTS = 16;
/** Clients without a place, of all users and of one. */
const MAX_WAITING = 16;
const MAX_WAITING_OF_USER = 4;
/** Lines about the clients of one user that are printed in a minute. */
const MAX_LINES = 8;
/** No events: POLLHUP and POLLERR are always reported. */
const ONLY_HANGUP = 0;

/** Both sockets and their clients. */
export class ClientSockets implements Disposable {
  readonly #log: Log;
  readonly #libc = Libc.load();
  readonly #tunables: ClientTunables;
  readonly #batch: MessageBatch;
  /** Oldest first. */
  readonly #clients = new Set<Client>();
  /** Accepted, and without a place. */
  readonly #waiting = new Set<Client>();
  readonly #listeners: Listener[] = [];
  readonly #retry: Callout;
  readonly #onLimit: Disposable | undefined;
  #scheduled = false;

  /** Opens the sockets. @throws CarpetError naming the socket that could not be opened; then neither is */
  constructor(options: ClientSocketsOptions) {
    this.#log = options.log;
    this.#tunables = options.tunables;
    this.#batch = new MessageBatch(this.#libc);
    this.#retry = options.clock.callout('devd accept', () => this.#resume());
    const { seqpacket = '/var/run/devd.seqpacket.pipe', stream = '/var/run/devd.pipe' } = options;
    try {
      if (stream !== null) this.#listen(SOCK_STREAM, stream, options);
      if (seqpacket !== null) this.#listen(SOCK_SEQPACKET, seqpacket, options);
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
    this.#onLimit = this.#tunables.limit.onChange(() => this.#fill());
  }

  /** Clients connected now. */
  get clients(): number {
    return this.#clients.size;
  }

  /**
   * Sends one whole record, with its newline, to every client: at the end of the running code, with those that follow.
   * Clients read up to 8192 bytes at once; devctl makes no longer ones.
   */
  broadcast(record: string | Uint8Array): void {
    if (!this.#scheduled) this.#begin();
    if (this.#clients.size === 0 || this.#batch.add(record)) return;
    this.#send();
    if (!this.#batch.add(record))
      this.#log.limited('oversize').warning('a record is too long for the clients');
  }

  /** Sends the collected records now. */
  flush(): void {
    this.#scheduled = false;
    this.#send();
  }

  /** Sends what was broadcast, closes all connections and removes the paths. */
  [Symbol.dispose](): void {
    this.flush();
    this.#retry.stop();
    this.#onLimit?.[Symbol.dispose]();
    for (const listener of this.#listeners.splice(0)) listener[Symbol.dispose]();
    for (const client of [...this.#clients, ...this.#waiting]) client.close();
    this.#clients.clear();
    this.#waiting.clear();
  }

  /**
   * The first record since the last flush. A client whose connect(2) has returned counts on this record, but the event
   * loop may not have come to its connection yet.
   */
  #begin(): void {
    this.#scheduled = true;
    queueMicrotask(() => this.flush());
    for (const listener of this.#listeners) if (listener.listening) this.#accept(listener);
  }

  #send(): void {
    if (this.#batch.count === 0) return;
    for (const client of this.#clients) {
      const failure = client.send(this.#batch);
      if (failure !== undefined) this.#drop(client, failure);
    }
    this.#batch.clear();
  }

  #listen(type: number, address: string, { mode = 0o666, owner, keep = false }: ClientSocketsOptions): void {
    const options = { address, type, mode, keep, ...(owner && { owner }) };
    const listener: Listener = new Listener(this.#libc, options, () => this.#accept(listener));
    this.#listeners.push(listener);
  }

  #accept(listener: Listener): void {
    for (let taken = 0; taken < MAX_ACCEPTS && listener.listening; taken++) {
      try {
        const fd = listener.accept();
        if (fd < 0) return;
        this.#receive(new Client(this.#libc, fd, listener.type));
      } catch (error) {
        if (error instanceof SystemError && error.code === 'ECONNABORTED') continue;
        return this.#pause(error);
      }
    }
  }

  /** FreeBSD's devd gives up here. */
  #pause(error: unknown): void {
    if (!(error instanceof SystemError)) throw error;
    this.#log.limited('accept').error(`clients cannot connect now: ${error.code}`);
    this.#retry.reset(ACCEPT_RETRY_MS);
    for (const listener of this.#listeners) listener.pause();
  }

  #resume(): void {
    try {
      for (const listener of this.#listeners) listener.resume();
    } catch (error) {
      this.#pause(error);
    }
  }

  #receive(client: Client): void {
    if (this.#place(client)) return;
    const ofUser = [...this.#waiting].filter(({ uid }) => uid === client.uid).length;
    if (this.#waiting.size >= MAX_WAITING || ofUser >= MAX_WAITING_OF_USER) {
      this.#tunables.refused.add();
      this.#log.limited(`refused ${client.uid}`).warning(`${client.name} is turned away: no place is free`);
      client.close();
      return;
    }
    this.#libc.shutdownRead(client.fd);
    if (this.#watch(client, () => this.#leave(client))) this.#waiting.add(client);
  }

  /** Calls `gone` when the other side has closed. @returns whether it can be watched; it is turned away otherwise */
  #watch(client: Client, gone: () => void): boolean {
    try {
      client.watch = new Poller(this.#libc, client.fd, gone, ONLY_HANGUP);
      return true;
    } catch (error) {
      client.close();
      this.#pause(error);
      return false;
    }
  }

  /** Gives a client a place, if it may have one. */
  #place(client: Client): boolean {
    const { limit, userLimit } = this.#tunables;
    const total = limit.value;
    const user = userLimit.value || Math.ceil(total / 2);
    const admission = admit(this.#clients, client, { total, user }, isTrusted);
    if (!admission.serve) return false;
    this.#serve(client);
    if (admission.instead !== undefined) this.#drop(admission.instead, 'evicted');
    return true;
  }

  #serve(client: Client): void {
    client.watch?.[Symbol.dispose]();
    this.#waiting.delete(client);
    this.#makeRoom(client);
    this.#libc.shutdownRead(client.fd);
    if (!this.#watch(client, () => this.#drop(client, 'EPIPE'))) return;
    this.#clients.add(client);
    this.#tunables.accepted.add();
    client.number = this.#tunables.accepted.value;
    this.#logOf(client, 'connected').info(`${client.name} has connected`);
  }

  #makeRoom({ fd }: Client): void {
    const wanted = this.#tunables.sendBuffer.value * KERNEL_COST;
    const given = Buffer.alloc(4);
    this.#libc.setSendBuffer(fd, wanted);
    if (!this.#libc.getsockopt(fd, SOL_SOCKET, SO_SNDBUF, given)) return;
    const bytes = Math.floor(given.readInt32LE() / 2 / KERNEL_COST); // what it was asked for, doubled
    if (bytes < this.#tunables.sendBuffer.value)
      this.#log
        .limited('buffer')
        .warning(
          `only ${bytes} bytes of records can wait for a client: raise net.core.wmem_max to ${wanted}, or give devd CAP_NET_ADMIN`,
        );
  }

  /** A place may have become free. */
  #fill(): void {
    for (const client of this.#waiting) this.#place(client);
  }

  /** One that waited has gone. */
  #leave(client: Client): void {
    if (this.#waiting.delete(client)) client.close();
  }

  #drop(client: Client, why: string): void {
    if (!this.#clients.delete(client)) return;
    client.close();
    if (why === 'slow') {
      this.#tunables.dropped.add();
      this.#logOf(client, 'slow').warning(
        `${client.name} reads too slowly and is dropped: more waits for it than devd.client.sendbuf allows`,
      );
    } else if (why === 'evicted') {
      this.#tunables.evicted.add();
      this.#logOf(client, 'evicted').warning(`${client.name} makes room for a client of another user`);
    } else if (why === 'EPIPE' || why === 'ECONNRESET') {
      this.#logOf(client, 'gone').info(`${client.name} has disconnected`);
    } else {
      this.#logOf(client, 'failed').warning(`${client.name} is dropped: ${why}`);
    }
    this.#fill();
  }

  /** A user who connects and goes without end costs a few lines a minute. */
  #logOf({ uid, number }: Client, what: string): Log {
    return this.#log.limited(`client ${what} ${uid} ${number % MAX_LINES}`);
  }
}

/** Whoever could end this process needs no limit. */
function isTrusted(uid: number): boolean {
  return uid === 0 || uid === process.getuid?.();
}

/**
 * FreeBSD counts the bytes of the records, and so does devd's 256 KiB. Linux counts what they take: 768 bytes for each
 * small record, four times the length of a usual one and more; it doubles what it is asked for to make up for some.
 */
const KERNEL_COST = 4;
