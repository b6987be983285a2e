import type { Position } from '../language/index.js';

/** Something accepted that is surely a mistake. */
export interface Warning extends Position {
  readonly file: string;
  readonly message: string;
}
