import { parseMessage, type UpgradeMessage } from './protocol.js';

/** The conversation consists of fewer messages, either way. */
const MAX_WAITING = 8;

/** Makes messages of what arrives in pieces. What is no message, or too much, ends it for good. */
export class MessageReader {
  readonly #limit: number;
  readonly #messages: UpgradeMessage[] = [];
  #parts: Buffer[] = [];
  #size = 0;
  #fault: string | undefined;

  /** @param limit the bytes of the longest message that is taken */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** What was wrong, for "the other process goes on: …"; undefined as long as all is well. */
  get fault(): string | undefined {
    return this.#fault;
  }

  /** Messages that have not been taken yet. */
  get waiting(): number {
    return this.#messages.length;
  }

  /** The next message; undefined if none is whole. What came before a fault can still be taken. */
  next(): UpgradeMessage | undefined {
    return this.#messages.shift();
  }

  /** @param chunk is kept, so it must not be changed afterwards */
  put(chunk: Buffer): void {
    let rest = chunk;
    for (let end = rest.indexOf(10); end >= 0 && this.#fault === undefined; end = rest.indexOf(10)) {
      this.#keep(rest.subarray(0, end));
      this.#finish();
      rest = rest.subarray(end + 1);
    }
    this.#keep(rest);
  }

  #keep(part: Buffer): void {
    if (this.#fault !== undefined) return;
    this.#size += part.length;
    if (this.#size > this.#limit)
      return this.#fail(`it sent a message of more than ${mebibytes(this.#limit)}`);
    if (part.length > 0) this.#parts.push(part);
  }

  #finish(): void {
    if (this.#fault !== undefined) return;
    const line = Buffer.concat(this.#parts).toString('utf8');
    this.#parts = [];
    this.#size = 0;
    const message = parseMessage(line);
    if (message === undefined)
      return this.#fail(`it sent what is no message of an upgrade: ${excerpt(line)}`);
    if (this.#messages.length >= MAX_WAITING) return this.#fail('it sends more than an upgrade consists of');
    this.#messages.push(message);
  }

  #fail(reason: string): void {
    this.#fault = reason;
    this.#parts = [];
  }
}

/** For an error: `64 MiB`. */
export function mebibytes(bytes: number): string {
  return `${Number((bytes / 1024 / 1024).toPrecision(3))} MiB`;
}

function excerpt(line: string): string {
  return JSON.stringify(line.length > 40 ? `${line.slice(0, 40)}…` : line);
}
