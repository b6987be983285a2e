import { serialize } from 'node:v8';
import type { MessagePort } from 'node:worker_threads';
import { CarpetError } from '../../../core/index.js';
import { type FromWorker, MAX_MESSAGE_BYTES, type ToWorker } from '../protocol.js';

/** Messages that may wait until the kernel takes more. */
const MAX_WAITING = 10_000;
/** Messages of one reading. */
const MAX_BATCH = 256;

/**
 * The thread's end of the only way to the kernel. It sends one batch, and the next when the kernel takes more. The
 * module never sees the port: what it may have changed in the prototypes has no part in sending.
 */
export class Channel {
  readonly #post: (chunks: readonly Uint8Array[]) => void;
  readonly #soon = queueMicrotask;
  #waiting: Uint8Array[] = [];
  #head = 0;
  #mayPost = true;
  #flushDue = false;

  constructor(port: MessagePort, receive: (message: ToWorker) => void, done: () => void) {
    this.#post = port.postMessage.bind(port) as (chunks: readonly Uint8Array[]) => void;
    port.on('message', (messages: readonly ToWorker[]) => {
      for (const message of messages) {
        if (message.type === 'more') this.#mayPost = true;
        else receive(message);
      }
      done();
      this.#schedule();
    });
  }

  /**
   * @throws CarpetError EMSGSIZE for a message of more than 64 KiB, EINVAL for what cannot be cloned, EBUSY when 10,000
   *   messages wait already
   */
  send(message: FromWorker): void {
    if (this.#waiting.length - this.#head >= MAX_WAITING)
      throw new CarpetError(
        'EBUSY',
        `${MAX_WAITING} messages wait for the kernel already: this one is dropped`,
      );
    this.reply(message);
  }

  /** As {@link send}, for what the kernel has asked for: it is sent in any case. */
  reply(message: FromWorker): void {
    this.#waiting.push(encoded(message));
    this.#schedule();
  }

  /** Sends at once: the thread ends. */
  sendLast(message: FromWorker): void {
    this.#post([encoded(message)]);
  }

  #schedule(): void {
    if (this.#flushDue || !this.#mayPost || this.#head === this.#waiting.length) return;
    this.#flushDue = true;
    this.#soon.call(undefined, () => this.#flush());
  }

  #flush(): void {
    this.#flushDue = false;
    const from = this.#head;
    let bytes = 0;
    while (this.#head < this.#waiting.length && this.#head - from < MAX_BATCH) {
      bytes += this.#waiting[this.#head]!.byteLength;
      if (bytes > MAX_MESSAGE_BYTES && this.#head > from) break;
      this.#head++;
    }
    this.#mayPost = false;
    this.#post(this.#waiting.slice(from, this.#head));
    if (this.#head === this.#waiting.length || this.#head > MAX_WAITING) {
      this.#waiting = this.#waiting.slice(this.#head);
      this.#head = 0;
    }
  }
}

function encoded(message: FromWorker): Uint8Array {
  let bytes: Uint8Array;
  try {
    bytes = serialize(message);
  } catch (error) {
    throw new CarpetError('EINVAL', `cannot leave its worker: ${(error as Error).message}`);
  }
  if (bytes.byteLength <= MAX_MESSAGE_BYTES) return bytes;
  throw new CarpetError(
    'EMSGSIZE',
    `cannot leave its worker: ${bytes.byteLength} bytes, of which ${MAX_MESSAGE_BYTES} are allowed`,
  );
}
