import type { Entry } from './entry.js';

/**
 * Watches a list that has grown beyond half the threshold. It warns at the threshold and after each further growth by
 * half, and names the code that registers most. Smaller lists have no monitor, so their registrations take no stack trace.
 */
export class LeakMonitor {
  readonly #stacks = new Map<string, number>();
  #warnAt: number;

  constructor(
    readonly list: string,
    threshold: number,
    private readonly warn: (message: string) => void,
  ) {
    this.#warnAt = threshold;
  }

  add(entry: Entry, length: number): void {
    const stack = registrationStack();
    entry.details = { ...entry.details, stack };
    this.#stacks.set(stack, (this.#stacks.get(stack) ?? 0) + 1);
    if (length < this.#warnAt) return;
    this.#warnAt = Math.ceil(this.#warnAt * 1.5);
    this.#report(length);
  }

  remove(entry: Entry): void {
    const stack = entry.details?.stack;
    if (stack === undefined) return;
    const count = this.#stacks.get(stack)!;
    if (count > 1) this.#stacks.set(stack, count - 1);
    else this.#stacks.delete(stack);
  }

  #report(length: number): void {
    let worst = '';
    let most = 0;
    for (const [stack, count] of this.#stacks) {
      if (count > most) [worst, most] = [stack, count];
    }
    this.warn(
      `${this.list}: ${length} handlers are registered, which looks like a leak; ` +
        `${most} of the latest come from here:\n${worst}`,
    );
  }
}

/** The code that called `register`: the first frames outside this folder. */
function registrationStack(): string {
  const frames = (new Error('registered').stack ?? '').split('\n').slice(1);
  const outside = frames.filter((frame) => !/\/core\/eventhandler\/[a-z-]+\.js/.test(frame));
  return outside.slice(0, 6).join('\n');
}
