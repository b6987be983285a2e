import { closeSync } from 'node:fs';
import { CarpetError } from '../../../../core/index.js';
import {
  AF_UNIX,
  type Libc,
  MessageRing,
  Poller,
  passedDescriptors,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  SocketAddress,
} from '../../../libc/index.js';
import {
  decodeMessage,
  ERROR,
  encodeCall,
  METHOD_RETURN,
  type Message,
  type MethodCall,
  messageLength,
  SIGNAL,
} from './message.js';

const READ_SIZE = 4096;
/** Bytes of control data: room for more descriptors than logind passes. */
const CONTROL_SIZE = 128;
/** Nothing that is asked for here is longer, but any user of the bus may send what is: it is passed over. */
const MAX_MESSAGE = 64 * 1024;
/** The lines of the handshake are short; what has none is no bus. */
const MAX_HANDSHAKE = 1024;

/** The bus itself: its name, its object, its interface. */
export const BUS = {
  destination: 'org.freedesktop.DBus',
  path: '/org/freedesktop/DBus',
  interface: 'org.freedesktop.DBus',
} as const;

/** What a method returned. */
export interface Reply {
  readonly body: Message['body'];
  /** The descriptors that came with it, which are the caller's to close. */
  readonly descriptors: readonly number[];
}

/** What a connection reports. */
export interface ConnectionListener {
  signal(message: Message): void;
  /** It has ended, not by being disposed of. */
  lost(error: Error): void;
}

interface Waiting {
  resolve(reply: Reply): void;
  reject(error: Error): void;
}

/**
 * A connection to a message bus over its Unix socket: calls of methods, signals, and descriptors in answers, which no kept
 * client library for Node can receive.
 */
export class Connection implements Disposable {
  readonly #libc: Libc;
  readonly #events: ConnectionListener;
  readonly #ring: MessageRing;
  readonly #waiting = new Map<number, Waiting>();
  readonly #fd: number;
  readonly #poller: Poller;
  #received: Buffer = Buffer.alloc(0);
  #descriptors: number[] = [];
  /** Bytes to come of a message that is passed over. */
  #excess = 0;
  /** Calls that wait for the end of the handshake; undefined afterwards. Its refusal would be lost in an EPIPE. */
  #early: Buffer[] | undefined = [];
  #open = true;
  #serial = 0;

  /** @throws SystemError ENOENT, ECONNREFUSED, EACCES … */
  constructor(libc: Libc, path: string, uid: number, events: ConnectionListener) {
    this.#libc = libc;
    this.#events = events;
    this.#ring = new MessageRing(libc, {
      count: 1,
      size: READ_SIZE,
      control: CONTROL_SIZE,
      descriptors: true,
    });
    this.#fd = libc.open(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, (fd) => {
      libc.connect(fd, new SocketAddress(path).bytes);
      // The whole handshake at once: the bus answers with a line for each, or with REJECTED or ERROR.
      const identity = Buffer.from(String(uid)).toString('hex');
      libc.send(fd, Buffer.from(`\0AUTH EXTERNAL ${identity}\r\nNEGOTIATE_UNIX_FD\r\nBEGIN\r\n`));
    });
    this.#poller = Poller.orClose(libc, this.#fd, () => this.#read());
  }

  /** Introduces the client; before this the bus takes no other call. */
  async hello(): Promise<void> {
    await this.call({ ...BUS, member: 'Hello', body: [] });
  }

  /** Subscribes to the signals that fit a rule of the bus. */
  async match(rule: string): Promise<void> {
    await this.call({ ...BUS, member: 'AddMatch', body: [rule] });
  }

  /** Calls a method. @throws CarpetError, as a rejection: what the method returned as its error, or ECLOSED */
  call(call: MethodCall): Promise<Reply> {
    const serial = ++this.#serial;
    return new Promise((resolve, reject) => {
      const bytes = encodeCall(call, serial);
      if (!this.#open) return reject(closed());
      if (this.#early === undefined) this.#send(bytes);
      else this.#early.push(bytes);
      this.#waiting.set(serial, { resolve, reject });
    });
  }

  [Symbol.dispose](): void {
    this.#close(closed());
  }

  #send(bytes: Buffer): void {
    if (this.#libc.send(this.#fd, bytes) !== bytes.length)
      throw new CarpetError('EAGAIN', 'the message bus does not read');
  }

  #read(): void {
    try {
      const count = this.#ring.read(this.#fd);
      if (count === 0) return;
      this.#descriptors.push(...passedDescriptors(this.#ring.control(0)));
      const bytes = this.#ring.datagram(0) ?? Buffer.alloc(0);
      if (bytes.length === 0)
        throw new CarpetError('ECONNRESET', 'the message bus has closed the connection');
      this.#receive(bytes);
      if (this.#early !== undefined) this.#shakeHands(this.#early);
      while (this.#early === undefined && this.#open && this.#takeMessage());
    } catch (error) {
      if (!this.#open) throw error;
      const reason = error instanceof Error ? error : new Error(String(error));
      this.#close(reason);
      this.#events.lost(reason);
    }
  }

  #receive(bytes: Buffer): void {
    const passed = Math.min(this.#excess, bytes.length);
    this.#excess -= passed;
    this.#received = Buffer.concat([this.#received, bytes.subarray(passed)]);
  }

  /** Two lines, `OK` and `AGREE_UNIX_FD`; messages follow. */
  #shakeHands(early: readonly Buffer[]): void {
    const text = this.#received.toString('latin1', 0, MAX_HANDSHAKE);
    const answer = /^(OK [^\r]*\r\nAGREE_UNIX_FD\r\n)/.exec(text)?.[1];
    if (answer !== undefined) {
      this.#early = undefined;
      this.#received = this.#received.subarray(answer.length);
      for (const bytes of early) this.#send(bytes);
    } else if (/^(REJECTED|ERROR|OK [^\r]*\r\nERROR)/.test(text) || text.length === MAX_HANDSHAKE) {
      throw new CarpetError('EACCES', `the message bus refuses this user: ${text.split('\r\n')[0]}`);
    }
  }

  #takeMessage(): boolean {
    const length = messageLength(this.#received);
    if (length !== undefined && length > MAX_MESSAGE) return this.#passOver(length);
    if (length === undefined || this.#received.length < length) return false;
    const message = decodeMessage(this.#received.subarray(0, length));
    this.#received = this.#received.subarray(length);
    const descriptors = this.#descriptors.splice(0, message.descriptors);
    if (message.type === METHOD_RETURN || message.type === ERROR) this.#answer(message, descriptors);
    else closeAll(descriptors);
    if (message.type === SIGNAL) this.#events.signal(message);
    return true;
  }

  /** Its descriptors came with its first byte, and those of the next one have not come yet: its end is more reads away. */
  #passOver(length: number): false {
    closeAll(this.#descriptors.splice(0));
    this.#excess = length - this.#received.length;
    this.#received = Buffer.alloc(0);
    return false;
  }

  #answer({ type, replySerial, errorName, body }: Message, descriptors: readonly number[]): void {
    const waiting = this.#waiting.get(replySerial);
    this.#waiting.delete(replySerial);
    if (waiting === undefined) return closeAll(descriptors);
    if (type !== ERROR) return waiting.resolve({ body, descriptors });
    closeAll(descriptors);
    waiting.reject(new CarpetError('EREMOTE', `${errorName}: ${String(body[0] ?? '')}`));
  }

  #close(reason: Error): void {
    if (!this.#open) return;
    this.#open = false;
    this.#poller[Symbol.dispose]();
    this.#libc.close(this.#fd);
    closeAll(this.#descriptors.splice(0));
    for (const waiting of this.#waiting.values()) waiting.reject(reason);
    this.#waiting.clear();
  }
}

function closeAll(descriptors: readonly number[]): void {
  for (const fd of descriptors) closeSync(fd);
}

function closed(): CarpetError {
  return new CarpetError('ECLOSED', 'the connection to the message bus is closed');
}
