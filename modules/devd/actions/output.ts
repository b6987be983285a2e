import { type Log, printable } from '../../../core/index.js';

const MAX_LINE_LENGTH = 1024;
/** Of one action. */
const MAX_OUTPUT_BYTES = 65_536;
/** Of one action: each is a record of the log, and as many as there are bytes would hold up the event loop. */
const MAX_LINES = 1000;

/**
 * Writes an action's output to the log, line by line. A long line is cut, and output beyond 64 KiB or 1,000 lines is read
 * and discarded, so that the action never blocks on a full pipe.
 */
export class OutputLog {
  readonly #log: Log;
  readonly #rule: string;
  readonly #decoder = new TextDecoder();
  #line = '';
  #room = MAX_OUTPUT_BYTES;
  #lines = MAX_LINES;

  constructor(log: Log, rule: string) {
    this.#log = log;
    this.#rule = rule;
  }

  write(bytes: Uint8Array): void {
    if (this.#room <= 0) return;
    const text = this.#decoder.decode(bytes.subarray(0, this.#room), { stream: true });
    this.#room -= bytes.length;
    const lines = (this.#line + text).split('\n');
    this.#line = (lines.pop() ?? '').slice(0, MAX_LINE_LENGTH + 1);
    for (const line of lines.slice(0, this.#lines)) this.#write(line);
    this.#lines -= lines.length;
    if (this.#lines < 0) this.#discard(`${MAX_LINES} lines`);
    else if (this.#room <= 0) this.#discard(`${MAX_OUTPUT_BYTES} bytes`);
  }

  /** Writes a last line that lacks its newline. */
  end(): void {
    if (this.#line !== '') this.#write(this.#line);
    this.#line = '';
  }

  #discard(more: string): void {
    this.#room = 0;
    if (this.#lines < 0) this.#line = '';
    this.#log.warning(`${this.#rule}: an action writes more than ${more}`);
  }

  #write(line: string): void {
    const text = line.length > MAX_LINE_LENGTH ? `${line.slice(0, MAX_LINE_LENGTH)}…` : line;
    this.#log.notice(`${this.#rule}: ${printable(text)}`, { rule: this.#rule });
  }
}
