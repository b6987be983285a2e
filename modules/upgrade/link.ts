import { CarpetError } from '../../core/index.js';
import {
  AF_UNIX,
  Libc,
  POLLIN,
  POLLOUT,
  Poller,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  SocketAddress,
  SystemError,
} from '../libc/index.js';
import { parseMessage, type UpgradeMessage } from './protocol.js';

const CHUNK = 256 * 1024;
/** The state of a thousand vhids is some megabytes. */
const MAX_LINE = 512 * 1024 * 1024;
/** How long a peer may take to make room for what is sent. */
const SEND_MS = 1000;

/** What came: a message; undefined when the other process has gone, or says what cannot be understood. */
export type Receive = (message: UpgradeMessage | undefined) => void;

/**
 * One end of the conversation of two processes. Sending is done when `send` returns, and receiving is possible without the
 * event loop: only so can a process stand still and be certain of what the other one has been told.
 */
export class Link implements Disposable {
  readonly #libc: Libc;
  readonly #fd: number;
  readonly #receive: Receive;
  readonly #into = Buffer.allocUnsafe(CHUNK);
  readonly #lines: string[] = [];
  #parts: Buffer[] = [];
  #size = 0;
  #poller: Poller | undefined;
  /** Nothing more comes. */
  #ended = false;
  #closed = false;

  /** @param fd of a connected stream socket, which it closes in the end */
  constructor(libc: Libc, fd: number, receive: Receive) {
    this.#libc = libc;
    this.#fd = fd;
    this.#receive = receive;
    this.#poller = new Poller(libc, fd, () => this.#deliver());
  }

  /** @throws CarpetError ECONNREFUSED … */
  static connect(name: string, receive: Receive): Link {
    const libc = Libc.load();
    const { bytes } = new SocketAddress(name);
    const fd = libc.open(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, (opened) => libc.connect(opened, bytes));
    return new Link(libc, fd, receive);
  }

  /** Returns when all of it is on its way. @throws CarpetError EPIPE, or ETIMEDOUT if the other process does not read */
  send(message: UpgradeMessage): void {
    // The number of a closed descriptor may stand for another one by now.
    if (this.#closed) throw new CarpetError('EPIPE', 'the conversation has ended');
    let bytes = Buffer.from(`${JSON.stringify(message)}\n`);
    while (bytes.length > 0) {
      try {
        bytes = bytes.subarray(this.#libc.send(this.#fd, bytes));
      } catch (error) {
        if (!(error instanceof SystemError)) throw error;
        if (error.code !== 'EAGAIN')
          throw new CarpetError('EPIPE', `the other process has gone: ${error.code}`);
        if (this.#libc.poll(this.#fd, POLLOUT, SEND_MS) === 0)
          throw new CarpetError('ETIMEDOUT', `the other process does not read what it is sent`);
      }
    }
  }

  /** Stands still until a message comes. @returns undefined if none comes in that time, or the other process has gone */
  waitFor(timeoutMs: number): UpgradeMessage | undefined {
    if (this.#lines.length === 0 && !this.#ended) {
      this.#libc.poll(this.#fd, POLLIN, timeoutMs);
      this.#read();
    }
    return this.#next();
  }

  /** Receives nothing that is not there by now: the other process's sending fails. @returns what was there */
  last(): UpgradeMessage | undefined {
    this.#libc.endReading(this.#fd);
    this.#read();
    return this.#next();
  }

  /** Nothing is received any more; the connection stays until this process ends. */
  rest(): void {
    this.#poller?.[Symbol.dispose]();
    this.#poller = undefined;
  }

  [Symbol.dispose](): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#ended = true;
    this.rest();
    this.#libc.close(this.#fd);
  }

  #deliver(): void {
    this.#read();
    while (this.#lines.length > 0 && this.#poller !== undefined) this.#receive(this.#next());
    if (!this.#ended || this.#poller === undefined) return;
    this.rest();
    this.#receive(undefined);
  }

  #next(): UpgradeMessage | undefined {
    const line = this.#lines.shift();
    return line === undefined ? undefined : parseMessage(line);
  }

  #read(): void {
    for (;;) {
      const count = this.#tryRead();
      if (count < 0) return;
      if (count === 0 || this.#size > MAX_LINE) {
        this.#ended = true;
        return;
      }
      this.#split(Buffer.from(this.#into.subarray(0, count)));
    }
  }

  /** A connection that broke has ended. */
  #tryRead(): number {
    try {
      return this.#ended ? -1 : this.#libc.read(this.#fd, this.#into);
    } catch (error) {
      if (error instanceof SystemError) return 0;
      throw error;
    }
  }

  #split(chunk: Buffer): void {
    let rest = chunk;
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
      this.#lines.push(Buffer.concat([...this.#parts, rest.subarray(0, end)]).toString('utf8'));
      this.#parts = [];
      this.#size = 0;
      rest = rest.subarray(end + 1);
    }
    if (rest.length > 0) this.#parts.push(rest);
    this.#size += rest.length;
  }
}
