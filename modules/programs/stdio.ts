import { closeSync, openSync } from 'node:fs';
import { Socket } from 'node:net';
import type { PipeMaker } from '../libc/index.js';
import type { ChildStdio } from './child.js';

/** The descriptors that a child gets, and this process's ends of its pipes. */
export class Stdio {
  readonly descriptors: readonly [number, number, number];
  readonly input: Socket | undefined;
  readonly output: Socket | undefined;
  /** To be closed here when the child has its copies. */
  readonly #theirs: number[] = [];

  /** @throws SystemError EMFILE, ENFILE */
  constructor({ input, output }: ChildStdio, pipes: PipeMaker) {
    try {
      let [first, second, third] = [0, 1, 2];
      if (input === 'null') first = this.#null();
      if (input === 'pipe') {
        const { readEnd, writeEnd } = pipes.open();
        this.#theirs.push((first = readEnd));
        this.input = new Socket({ fd: writeEnd, readable: false, writable: true });
      }
      if (output === 'null') second = third = this.#null();
      if (output === 'pipe') {
        const { readEnd, writeEnd } = pipes.open();
        this.#theirs.push((second = third = writeEnd));
        this.output = new Socket({ fd: readEnd, readable: true, writable: false });
      }
      this.descriptors = [first, second, third];
    } catch (error) {
      this.abandon();
      throw error;
    }
  }

  /** The child has its copies of the descriptors, or there is none. */
  started(): void {
    for (const fd of this.#theirs.splice(0)) closeSync(fd);
  }

  /** There is no child. */
  abandon(): void {
    this.started();
    this.input?.destroy();
    this.output?.destroy();
  }

  #null(): number {
    const fd = openSync('/dev/null', 'r+');
    this.#theirs.push(fd);
    return fd;
  }
}
