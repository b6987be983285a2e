/**
 * Base of every error that carpet throws. `code` is stable and meant for programs; the message is for people: it
 * names the subject and, where there is one, the remedy.
 */
export class CarpetError extends Error {
  constructor(
    readonly code: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** A thrown value as text. Anything can be thrown, even an object that cannot be made a text. */
export function describe(error: unknown): string {
  try {
    return String(error instanceof Error ? error.message || error.name : error);
  } catch {
    return `a thrown ${typeof error} without a text`;
  }
}

/** A value in a message: as JSON, where it has it. Of NaN, a bigint or a circle it has nothing that could be shown. */
export function shown(value: unknown): string {
  try {
    return typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? describe(value));
  } catch {
    return describe(value);
  }
}

/**
 * `instanceof` for thrown values. To ask may run code of whoever threw, the trap of a proxy, and a revoked proxy answers
 * with an error: such a value is none of ours.
 */
export function isOf<T>(error: unknown, kind: abstract new (...args: never[]) => T): error is T {
  try {
    return error instanceof kind;
  } catch {
    return false;
  }
}

/** The stack of an error; undefined for what has none, or none that can be read. */
export function stackOf(error: unknown): string | undefined {
  try {
    const stack: unknown = error instanceof Error ? error.stack : undefined;
    return typeof stack === 'string' ? stack : undefined;
  } catch {
    return undefined;
  }
}
