import type { Node } from 'typescript/unstable/ast';

/** One change of a compiled file. */
export interface Mutation {
  /** What is replaced; of an `order`, the statement that comes first. */
  readonly node: Node;
  /**
   * `expression`: `after` takes the node's place. `statement`: the node is left out. `order`: `second` comes before the
   * node.
   */
  readonly kind: 'expression' | 'statement' | 'order';
  /** The kind of fault, for a reader: `bound`, `lost call`. */
  readonly fault: string;
  /** JavaScript; empty for a statement left out. */
  readonly after: string;
  /** The statement that an `order` moves. */
  readonly second?: Node;
}

/** A mutation as it is reported, numbered within a run. */
export interface Mutant {
  readonly id: number;
  /** The TypeScript source, relative to the project's root. */
  readonly file: string;
  readonly line: number;
  /** The declaration around it, with a number if it has several that look the same. */
  readonly within: string;
  readonly fault: string;
  /** The code on one line, shortened. */
  readonly before: string;
  readonly after: string;
}

/** A mutant by what a reader sees of it, without its line, which edits elsewhere move. */
export type Likeness = Pick<Mutant, 'file' | 'within' | 'before' | 'after'>;

export function signature({ file, within, before, after }: Likeness): string {
  return `${file}, ${within}: ${before} => ${after}`;
}
