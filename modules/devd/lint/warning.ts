import type { Position } from '../language/index.js';

/** Something that is accepted although it must be a mistake. */
export interface Warning extends Position {
  readonly file: string;
  readonly message: string;
}
