import { errorOf, failureOf } from './failure.js';
import type { Answer } from './protocol.js';
import { toValue } from './values.js';

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** What one end has asked the other and still waits for. */
export class PendingCalls {
  readonly #waiting = new Map<number, Waiting>();
  #last = 0;

  get size(): number {
    return this.#waiting.size;
  }

  /** @param send is given the number that the answer will bear */
  ask(send: (id: number) => void): Promise<unknown> {
    const id = ++this.#last;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      try {
        send(id);
      } catch (error) {
        this.#waiting.delete(id);
        reject(error);
      }
    });
  }

  /** An answer to nothing that was asked is ignored. */
  settle(answer: Answer): void {
    const waiting = this.#waiting.get(answer.id);
    if (!this.#waiting.delete(answer.id)) return;
    if (answer.type === 'answer') waiting?.resolve(answer.value);
    else waiting?.reject(errorOf(answer.error));
  }

  /** The answer is not wanted any more. */
  forget(id: number): void {
    this.#waiting.delete(id);
  }

  /** No more answers will come. */
  failAll(error: Error): void {
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}

/** Carries out what the other end asked. @returns the answer, whatever happens */
export async function answerTo(id: number, work: () => unknown): Promise<Answer> {
  try {
    return { type: 'answer', id, value: toValue(await work()) };
  } catch (error) {
    return { type: 'failure', id, error: failureOf(error) };
  }
}
