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
