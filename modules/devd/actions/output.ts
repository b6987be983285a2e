import { type Log, printable } from '../../../core/index.js';

const LONGEST_LINE = 1024; // characters
const LONGEST_OUTPUT = 65_536; // bytes of one action

/**
 * What an action writes, line by line into the log. Bounded: a long line is cut, and what comes after 64 KiB is read
 * and thrown away, so that the action never waits for its output to be read.
 */
export class OutputLog {
  readonly #log: Log;
  readonly #rule: string;
  readonly #decoder = new TextDecoder();
  #line = '';
  #room = LONGEST_OUTPUT;

  constructor(log: Log, rule: string) {
    this.#log = log;
    this.#rule = rule;
  }

  write(bytes: Uint8Array): void {
    if (this.#room <= 0) return;
    const text = this.#decoder.decode(bytes.subarray(0, this.#room), { stream: true });
    this.#room -= bytes.length;
    const lines = (this.#line + text).split('\n');
    this.#line = (lines.pop() ?? '').slice(0, LONGEST_LINE + 1);
    for (const line of lines) this.#write(line);
    if (this.#room <= 0)
      this.#log.warning(`${this.#rule}: an action writes more than ${LONGEST_OUTPUT} bytes`);
  }

  /** The last line may lack its newline. */
  end(): void {
    if (this.#line !== '') this.#write(this.#line);
    this.#line = '';
  }

  #write(line: string): void {
    const text = line.length > LONGEST_LINE ? `${line.slice(0, LONGEST_LINE)}…` : line;
    this.#log.notice(`${this.#rule}: ${printable(text)}`, { rule: this.#rule });
  }
}
