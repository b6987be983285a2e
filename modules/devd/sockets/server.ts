/**
 * The sockets of devd(8): every record to every client, on a SOCK_SEQPACKET socket record by record, on the deprecated
 * stream socket one behind the other.
 *
 * Nobody waits for a client. What `broadcast` gets is collected, and sent when the running code has come to its end,
 * or at `flush`: one system call per client. A client whose buffer cannot take all of it is dropped at once, with a
 * log line, and so is one that has gone. Clients are not listened to. They see every record that is broadcast after their
 * connect(2) has returned: connections that wait are accepted before a batch is begun.
 *
 * At the limit, which counts the clients of both sockets, nobody is accepted until one leaves; those who come wait.
 *
 * Known: a client of the stream socket that is dropped may have got a part of a record; FreeBSD's does too.
 */
import type { Callout, Clock, Log, SysctlMaker } from '../../../core/index.js';
import { Libc, MessageBatch, Poller, SOCK_SEQPACKET, SOCK_STREAM, SystemError } from '../../libc/index.js';
import { Client } from './client.js';
import { Listener } from './listener.js';
import { type ClientTunables, clientTunables } from './tunables.js';

export interface ClientSocketsOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly sysctl: SysctlMaker;
  /** Path or `@name` of the SOCK_SEQPACKET socket; null for none. Default /var/run/devd.seqpacket.pipe. */
  readonly seqpacket?: string | null;
  /** Path or `@name` of the stream socket; null for none. Default /var/run/devd.pipe. */
  readonly stream?: string | null;
  /** Permissions of the paths; default 0666. */
  readonly mode?: number;
  /** Default: whoever runs this. */
  readonly owner?: { readonly uid: number; readonly gid: number };
  /** Whether the paths stay behind, as with FreeBSD's devd; default false. */
  readonly keep?: boolean;
}

/** How long nobody is accepted after a failure (too many open files), in milliseconds. */
const ACCEPT_RETRY = 1000;
/** No events of its own: POLLHUP and POLLERR are always told. */
const ONLY_HANGUP = 0;

export class ClientSockets implements Disposable {
  readonly #log: Log;
  readonly #libc = Libc.load();
  readonly #tunables: ClientTunables;
  readonly #batch: MessageBatch;
  readonly #clients = new Set<Client>();
  readonly #listeners: Listener[] = [];
  readonly #retry: Callout;
  readonly #onLimit: Disposable;
  #scheduled = false;

  /** Opens the sockets. @throws CarpetError naming the socket that could not be opened; then neither is */
  constructor(options: ClientSocketsOptions) {
    this.#log = options.log;
    this.#tunables = clientTunables(options.sysctl);
    this.#batch = new MessageBatch(this.#libc);
    this.#retry = options.clock.callout('devd accept', () => this.#admit());
    this.#onLimit = this.#tunables.limit.onChange(() => this.#admit());
    const { seqpacket = '/var/run/devd.seqpacket.pipe', stream = '/var/run/devd.pipe' } = options;
    try {
      if (stream !== null) this.#listen(SOCK_STREAM, stream, options);
      if (seqpacket !== null) this.#listen(SOCK_SEQPACKET, seqpacket, options);
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
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

  /** Sends what was collected, now. */
  flush(): void {
    this.#scheduled = false;
    this.#send();
  }
  /** The clients get what was broadcast, then the end of file; the paths are removed. */
  [Symbol.dispose](): void {
    this.flush();
    this.#retry.stop();
    this.#onLimit[Symbol.dispose]();
    for (const listener of this.#listeners.splice(0)) listener[Symbol.dispose]();
    for (const client of this.#clients) client.close();
    this.#clients.clear();
  }

  get #isFull(): boolean {
    return this.#clients.size >= this.#tunables.limit.value;
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

  /** Lets in, or keeps out, as the limit says. */
  #admit(): void {
    for (const listener of this.#listeners) {
      if (this.#isFull) listener.pause();
      else if (!this.#retry.pending) listener.resume();
    }
  }

  #accept(listener: Listener): void {
    while (!this.#isFull) {
      try {
        const fd = listener.accept();
        if (fd < 0) break;
        this.#add(fd, listener.type);
      } catch (error) {
        if (!(error instanceof SystemError)) throw error;
        if (error.code === 'ECONNABORTED') continue;
        this.#refuse(error);
        break;
      }
    }
    this.#admit();
  }

  /** FreeBSD's devd gives up here. */
  #refuse({ code }: SystemError): void {
    this.#log.limited('accept').error(`clients cannot connect now: ${code}`);
    this.#retry.reset(ACCEPT_RETRY);
    for (const listener of this.#listeners) listener.pause();
  }

  #add(fd: number, type: number): void {
    this.#libc.setSendBuffer(fd, this.#tunables.sendBuffer.value * KERNEL_COST);
    this.#libc.shutdownRead(fd);
    const client = new Client(this.#libc, fd, type);
    client.watch = new Poller(this.#libc, fd, () => this.#drop(client, 'EPIPE'), ONLY_HANGUP);
    this.#clients.add(client);
    this.#tunables.accepted.add();
    this.#log.info(`${client.name} has connected`);
  }

  #drop(client: Client, why: string): void {
    if (!this.#clients.delete(client)) return;
    client.close();
    if (why === 'slow') {
      this.#tunables.dropped.add();
      this.#log.warning(`${client.name} reads too slowly and is dropped`);
    } else if (why === 'EPIPE' || why === 'ECONNRESET') {
      this.#log.info(`${client.name} has disconnected`);
    } else {
      this.#log.warning(`${client.name} is dropped: ${why}`);
    }
    this.#admit();
  }
}

/**
 * FreeBSD counts the bytes of the records, and so does devd's 256 KiB. Linux counts what they take: 768 bytes for each
 * small record, four times the length of a usual one and more; it doubles what it is asked for to make up for some.
 */
const KERNEL_COST = 4;
