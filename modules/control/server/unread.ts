import type { Socket } from 'node:net';

/** Bytes that wait for all clients together. They are outside the heap of this thread, whose limit does not hold for them. */
const MAX_UNREAD_BYTES = 16 * 1024 * 1024;

/** A text that waits; answers that several clients share are one. */
type Waiting = { readonly bytes: Buffer };

/** A connection, and what waits for it. */
export interface Reader {
  readonly uid: number;
  readonly socket: Pick<Socket, 'destroy'>;
  readonly waiting: Set<Waiting>;
}

/**
 * What has been given to clients and not read by them yet, limited in bytes: it is kept for as long as its connection is open.
 * Beyond the limit the user is cut off for whom most waits, connection by connection; what several wait for counts in parts. The
 * only one for whom something waits may have an answer that is larger than the limit.
 */
export class UnreadAnswers {
  readonly #cutOff: (uid: number, bytes: number) => void;
  readonly #readers = new Set<Reader>();
  /** How many clients each text waits for. */
  readonly #shared = new Map<Buffer, number>();
  #bytes = 0;

  constructor(cutOff: (uid: number, bytes: number) => void) {
    this.#cutOff = cutOff;
  }

  enter(uid: number, socket: Reader['socket']): Reader {
    const reader: Reader = { uid, socket, waiting: new Set() };
    this.#readers.add(reader);
    return reader;
  }

  /** The connection has closed. */
  leave(reader: Reader): void {
    this.#readers.delete(reader);
    for (const each of reader.waiting) this.#release(reader, each);
  }

  /** @returns to be called when the bytes are out */
  hold(reader: Reader, bytes: Buffer): () => void {
    const waiting: Waiting = { bytes };
    if (this.#readers.has(reader)) {
      const clients = this.#shared.get(bytes) ?? 0;
      if (clients === 0) this.#bytes += bytes.length;
      this.#shared.set(bytes, clients + 1);
      reader.waiting.add(waiting);
      this.#relieve();
    }
    return () => this.#release(reader, waiting);
  }

  #release(reader: Reader, waiting: Waiting): void {
    const { bytes } = waiting;
    if (!reader.waiting.delete(waiting)) return;
    const clients = this.#shared.get(bytes)! - 1;
    if (clients > 0) return void this.#shared.set(bytes, clients);
    this.#shared.delete(bytes);
    this.#bytes -= bytes.length;
  }

  #relieve(): void {
    while (this.#bytes > MAX_UNREAD_BYTES) {
      const readers = [...this.#readers].filter(({ waiting }) => waiting.size > 0);
      if (readers.length === 1) return;
      const ofUser = new Map<number, number>();
      for (const reader of readers)
        ofUser.set(reader.uid, (ofUser.get(reader.uid) ?? 0) + this.#share(reader));
      const most = Math.max(...ofUser.values());
      const reader = readers
        .filter(({ uid }) => ofUser.get(uid) === most)
        .reduce((a, b) => (this.#share(b) > this.#share(a) ? b : a));
      this.#cutOff(reader.uid, most);
      this.leave(reader);
      reader.socket.destroy();
    }
  }

  /** The reader's part of all bytes. */
  #share({ waiting }: Reader): number {
    let sum = 0;
    for (const { bytes } of waiting) sum += bytes.length / this.#shared.get(bytes)!;
    return sum;
  }
}
