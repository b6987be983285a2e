declare module 'carpet-kernel' {
  interface EventHandlers {
    /** To the module in the worker. */
    worker_test(what: unknown, ...more: unknown[]): void;
    /** From it. */
    worker_answer(...what: unknown[]): void;
    worker_ask(what: string, veto: unknown): void;
    /** Asks all for advice. */
    worker_advice(text: string): string | Promise<string>;
  }
}

export {};
