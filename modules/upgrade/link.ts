import { CarpetError, SystemClock } from '../../core/index.js';
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
import { MAX_REQUEST, MAX_STATES, type UpgradeMessage } from './protocol.js';
import { MessageReader } from './reader.js';

const CHUNK = 256 * 1024;
/** How long a peer may take to make room for what is sent. */
const SEND_MS = 1000;

/** What came: a message; undefined when nothing more comes, for the reason in {@link Link.end}. */
export type Receive = (message: UpgradeMessage | undefined) => void;

/** How long this thread may still stand still. That is real time, whatever clock the kernel has. */
export class Pause {
  readonly #clock = new SystemClock();
  readonly #until: number;

  constructor(ms: number) {
    this.#until = this.#clock.now() + ms;
  }

  /** In ms, at least 0. */
  get left(): number {
    return Math.max(0, this.#until - this.#clock.now());
  }
}

/**
 * One end of the conversation of two processes. `send` has sent all of it when it returns, and `waitFor` receives without
 * the event loop: only so can a process stand still and be certain of what the other one has been told.
 *
 * What is no message, or too long, ends the conversation: nothing that follows it is received.
 */
export class Link implements Disposable {
  readonly #libc: Libc;
  readonly #fd: number;
  readonly #receive: Receive;
  readonly #into = Buffer.allocUnsafe(CHUNK);
  readonly #reader: MessageReader;
  /** Not on its way yet. */
  #unsent: Buffer[] = [];
  #readable: Poller | undefined;
  #writable: Poller | undefined;
  #end: string | undefined;
  #reported = false;
  /** Nothing more is sent: what was sent last is not whole. */
  #mute = false;
  #closed = false;

  /**
   * @param fd of a connected stream socket, which it closes in the end, and also if it throws
   * @param limit the bytes of the longest message that is taken
   * @throws SystemError EMFILE …
   */
  constructor(libc: Libc, fd: number, limit: number, receive: Receive) {
    this.#libc = libc;
    this.#fd = fd;
    this.#reader = new MessageReader(limit);
    this.#receive = receive;
    this.#readable = Poller.orClose(libc, fd, () => this.#deliver());
  }

  /** The predecessor's end. @throws SystemError EMFILE …, and `fd` is closed */
  static accepted(libc: Libc, fd: number, receive: Receive): Link {
    return new Link(libc, fd, MAX_REQUEST, receive);
  }

  /** The successor's end. @throws CarpetError ECONNREFUSED … */
  static connect(name: string, receive: Receive): Link {
    const libc = Libc.load();
    const { bytes } = new SocketAddress(name);
    const fd = libc.open(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, (opened) => libc.connect(opened, bytes));
    return new Link(libc, fd, MAX_STATES, receive);
  }

  /** Why nothing more comes; undefined as long as something may. */
  get end(): string | undefined {
    return this.#end;
  }

  /** Sends when the other process makes room. Whether it does shows in its answer. @returns the bytes of the message */
  post(message: UpgradeMessage): number {
    if (this.#closed || this.#mute) return 0;
    const bytes = encode(message);
    this.#unsent.push(bytes);
    this.#flushSoon();
    return bytes.length;
  }

  /**
   * Returns when all of it is on its way, and stands still until then.
   *
   * @returns the bytes of the message
   * @throws CarpetError EPIPE; ETIMEDOUT if the other process does not read in time, and nothing more is sent then
   */
  send(message: UpgradeMessage, pause = new Pause(SEND_MS)): number {
    // The number of a closed descriptor may stand for another one by now.
    if (this.#closed || this.#mute) throw new CarpetError('EPIPE', 'the conversation has ended');
    const bytes = encode(message);
    this.#unsent.push(bytes);
    while (!this.#flush()) {
      if (this.#libc.poll(this.#fd, POLLOUT, Math.ceil(pause.left)) !== 0) continue;
      this.#mute = true;
      throw new CarpetError('ETIMEDOUT', 'it does not read what it is sent');
    }
    return bytes.length;
  }

  /** Stands still until a message comes. @returns undefined if none comes in that time, or nothing comes any more */
  waitFor(pause: Pause): UpgradeMessage | undefined {
    this.#read();
    while (this.#reader.waiting === 0 && this.#end === undefined && pause.left > 0) {
      this.#libc.poll(this.#fd, POLLIN, Math.ceil(pause.left));
      this.#read();
    }
    return this.#reader.next();
  }

  /** Receives nothing that is not there by now: the other process's sending fails. @returns what was there */
  last(): UpgradeMessage | undefined {
    this.#libc.endReading(this.#fd);
    while (this.#end === undefined) this.#read();
    return this.#reader.next();
  }

  /** Nothing is received any more; the connection stays until this process ends. */
  rest(): void {
    this.#readable?.[Symbol.dispose]();
    this.#readable = undefined;
    this.#writable?.[Symbol.dispose]();
    this.#writable = undefined;
  }

  [Symbol.dispose](): void {
    if (this.#closed) return;
    this.#closed = true;
    this.rest();
    this.#libc.close(this.#fd);
  }

  #deliver(): void {
    this.#read();
    while (this.#readable !== undefined && this.#reader.waiting > 0) this.#receive(this.#reader.next());
    if (this.#end === undefined || this.#readable === undefined || this.#reported) return;
    this.#reported = true;
    this.rest();
    this.#receive(undefined);
  }

  /** One chunk, so that a peer that writes without end does not keep the event loop. */
  #read(): void {
    if (this.#end !== undefined) return;
    const count = this.#tryRead();
    if (count < 0) return;
    if (count > 0) this.#reader.put(Buffer.from(this.#into.subarray(0, count)));
    this.#end = count === 0 ? 'it has ended' : this.#reader.fault;
  }

  /** A connection that broke has ended. */
  #tryRead(): number {
    try {
      return this.#libc.read(this.#fd, this.#into);
    } catch (error) {
      if (error instanceof SystemError) return 0;
      throw error;
    }
  }

  /** @returns whether all is on its way @throws CarpetError EPIPE */
  #flush(): boolean {
    for (let bytes = this.#unsent[0]; bytes !== undefined; bytes = this.#unsent[0]) {
      const sent = this.#trySend(bytes);
      if (sent < 0) return false;
      if (sent < bytes.length) this.#unsent[0] = bytes.subarray(sent);
      else this.#unsent.shift();
    }
    return true;
  }

  /** @returns how many bytes are on their way, or -1 when there is no room @throws CarpetError EPIPE */
  #trySend(bytes: Buffer): number {
    try {
      return this.#libc.send(this.#fd, bytes);
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      if (error.code === 'EAGAIN') return -1;
      this.#mute = true;
      throw new CarpetError('EPIPE', `it has gone: ${error.code}`);
    }
  }

  #flushSoon(): void {
    let whole = true;
    try {
      whole = this.#flush();
    } catch {
      // It has gone: reading shows that too.
    }
    if (!whole) this.#writable ??= new Poller(this.#libc, this.#fd, () => this.#flushSoon(), POLLOUT);
    else {
      this.#writable?.[Symbol.dispose]();
      this.#writable = undefined;
    }
  }
}

function encode(message: UpgradeMessage): Buffer {
  return Buffer.from(`${JSON.stringify(message)}\n`);
}
