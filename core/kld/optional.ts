/** A module that is used where it is loaded, and not loaded for the one that uses it. */
export class Optional<R> {
  readonly reference: R;

  constructor(reference: R) {
    this.reference = reference;
  }
}

/**
 * Marks an entry of `depends`, or of `inject` of `defineModule`, as optional: a module that is injected as undefined
 * where it is not loaded when its user is.
 *
 * @param reference a module's class, a function that returns it, or a name
 */
export function optional<R>(reference: R): Optional<R> {
  return new Optional(reference);
}
