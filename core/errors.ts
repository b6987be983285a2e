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
    return error instanceof Error ? error.message || error.name : String(error);
  } catch {
    return `a thrown ${typeof error} without a text`;
  }
}
