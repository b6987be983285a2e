import type { ByteSet } from './byte-set.js';

/** A parsed POSIX extended regular expression. */
export type Node =
  | { readonly type: 'set'; readonly set: ByteSet }
  | { readonly type: 'assert'; readonly at: 'start' | 'end' | 'word-start' | 'word-end' }
  | { readonly type: 'cat'; readonly items: readonly Node[] }
  | { readonly type: 'alt'; readonly items: readonly Node[] }
  | { readonly type: 'repeat'; readonly item: Node; readonly min: number; readonly max: number };

/** An expression that does not compile, with the code that regcomp(3) has for it. */
export class EreError extends Error {
  constructor(
    readonly code:
      | 'REG_BADRPT'
      | 'REG_BADBR'
      | 'REG_EBRACE'
      | 'REG_EBRACK'
      | 'REG_ECOLLATE'
      | 'REG_ECTYPE'
      | 'REG_EESCAPE'
      | 'REG_EMPTY'
      | 'REG_EPAREN'
      | 'REG_ERANGE'
      | 'REG_ESPACE',
    message: string,
  ) {
    super(message);
    this.name = 'EreError';
  }
}
