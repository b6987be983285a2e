/**
 * What becomes of the answers: `bail` takes the first and asks no further, `collect` all of them, and `waterfall` passes
 * each on to the next handler as the event's first argument.
 */
export type ResultKind = 'bail' | 'collect' | 'waterfall';

/** How the handlers of a list are asked for what they answer. */
export interface Inquiry {
  readonly kind: ResultKind;
  /** Takes an answer, which is never undefined. @returns whether the next handler is asked */
  readonly taken: (answer: unknown) => boolean;
  /** Whether a handler that fails ends the dispatch, with its error. */
  readonly failClosed: boolean;
}

/** What a handler answers that stands for several in another address space. */
export class Answers {
  constructor(readonly all: readonly unknown[]) {}
}
