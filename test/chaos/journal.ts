import type { Program } from '../lab/support/index.js';

/** What a program's lines mean, each read once. */
export class Journal<T> {
  readonly #program: Program;
  readonly #parse: (line: string) => T | undefined;
  readonly #entries: T[] = [];
  #read = 0;

  constructor(program: Program, parse: (line: string) => T | undefined) {
    this.#program = program;
    this.#parse = parse;
  }

  /** Oldest first. */
  get entries(): readonly T[] {
    for (; this.#read < this.#program.lines.length; this.#read++) {
      const entry = this.#parse(this.#program.lines[this.#read]!.text);
      if (entry !== undefined) this.#entries.push(entry);
    }
    return this.#entries;
  }
}
