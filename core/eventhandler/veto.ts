/**
 * Last argument of the events that ask for permission (`kld_unload_try`). As in the kernel, every handler is asked
 * even when one has refused already; the first reason stands. A handler that throws refuses too: what cannot say
 * whether it is busy counts as busy.
 */
export class Veto {
  #reason: string | undefined;

  /**
   * Refuses.
   * @param reason is shown to the user, so it names what is in the way
   */
  veto(reason?: string): void {
    this.#reason ??= reason || 'no reason was given';
  }

  get vetoed(): boolean {
    return this.#reason !== undefined;
  }

  get reason(): string | undefined {
    return this.#reason;
  }
}

/** The veto among an event's arguments, if the event asks for permission. */
export function vetoOf(args: readonly unknown[]): Veto | undefined {
  return args.find((arg) => arg instanceof Veto);
}
