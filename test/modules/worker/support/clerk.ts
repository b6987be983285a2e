import * as v from 'valibot';
import { EventHandler, inject, Module, Scope, type VerbCall } from '../../../../core/index.js';

/** Has verbs of every kind, in its worker. */
@Module({ name: 'clerk' })
export class Clerk {
  #more: Disposable | undefined;
  #left = 0;

  constructor(@inject(Scope) private readonly scope: Scope) {}

  start(): void {
    const { scope } = this;
    scope.verb({
      name: 'clerk.add',
      summary: 'add two numbers',
      access: 'read',
      input: v.strictObject({
        a: v.number(),
        b: v.optional(v.pipe(v.number(), v.description('the other')), 1),
      }),
      positional: ['a'],
      run: ({ a, b }) => ({ sum: a + b }),
      text: ({ sum }: { sum: number }) => `the sum is ${sum}\n\x1b[31mred`,
    });
    scope.verb({
      name: 'clerk.caller',
      summary: 'say who calls',
      access: 'write',
      run: (_input, { caller }: VerbCall) => caller,
    });
    scope.verb({
      name: 'clerk.fail',
      summary: 'fail',
      access: 'read',
      run: () => Promise.reject(new Error('out of paper')),
    });
    scope.verb({
      name: 'clerk.never',
      summary: 'never answer\x1b[2J',
      access: 'write',
      run: (_input, { signal }: VerbCall) =>
        new Promise<void>(() => signal.addEventListener('abort', () => this.#left++)),
    });
    scope.verb({
      name: 'clerk.huge',
      summary: 'answer with 100 MB',
      access: 'read',
      run: () => Array.from({ length: 100 }, () => 'x'.repeat(1e6)),
    });
    scope.verb({
      name: 'clerk.left',
      summary: 'calls that were left',
      access: 'read',
      run: () => this.#left,
    });
    scope.verb({ name: 'clerk.spin', summary: 'never return', access: 'write', run: () => spin() });
    scope.verb({
      name: 'clerk.count',
      summary: 'count',
      access: 'read',
      stream: true,
      input: v.strictObject({ to: v.optional(v.number(), Number.POSITIVE_INFINITY) }),
      run: ({ to }) => this.#count(to),
      text: (n: number) => `number ${n}`,
    });
  }

  async *#count(to: number): AsyncGenerator<number> {
    try {
      for (let n = 1; n <= to; n++) yield n;
      if (to === 3) throw new Error('the third is too much');
    } finally {
      this.#left++;
    }
  }

  /** Offers as many verbs as it can, and says what it got. */
  @EventHandler('worker_test')
  onTest(what: unknown, count: unknown): void {
    if (what === 'go') return this.#more?.[Symbol.dispose]();
    let made = 0;
    try {
      for (; made < Number(count); made++) {
        const name = what === 'one' ? 'clerk.more' : `clerk.n${String(made)}`;
        this.#more = this.scope.verb({ name, summary: 'one more', access: 'read', run: () => made });
      }
    } finally {
      this.scope.sysctl.int('dev.clerk.made', { description: 'verbs that were made', value: made });
    }
  }
}

function spin(): never {
  for (;;);
}
