/** How the handlers of a list are asked for what they answer. */
export interface Inquiry {
  /** Takes an answer, which is never undefined. @returns whether the next handler is asked */
  readonly taken: (answer: unknown) => boolean;
  /** Whether a handler that fails ends the dispatch, with its error. */
  readonly failClosed: boolean;
}
