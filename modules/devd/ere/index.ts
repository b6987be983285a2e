/** POSIX extended regular expressions, read as FreeBSD reads them and run in time linear in the value. */
import { literals, prefixes, requiredText } from './analysis.js';
import { EreError, type Node } from './ast.js';
import { Automaton } from './automaton.js';
import { foldCase } from './bytes.js';
import { parseEre } from './parser.js';
import { checkSize } from './program.js';

export { literals, prefixes, requiredText } from './analysis.js';
export { EreError, type Node } from './ast.js';
export { Automaton } from './automaton.js';
export { foldCase, toByteString } from './bytes.js';
export { parseEre } from './parser.js';

/** A compiled expression. */
export interface Ere {
  /** Takes a byte string (see toByteString); true where the expression is found. Its time is linear in the length. */
  test(value: string): boolean;
  /** All values it matches, in lower case, where they are few. */
  readonly literals: readonly string[] | undefined;
  /** Texts, in lower case, with one of which every value it matches begins, where they are few. */
  readonly prefixes: readonly string[] | undefined;
}

/** Longer than any expression is that was written by hand, in bytes. */
const MAX_LENGTH = 65_536;

/** Compiles a byte string. @throws EreError that names what cannot be taken */
export function compileEre(text: string): Ere {
  if (text.length > MAX_LENGTH)
    throw new EreError('REG_ESPACE', `the expression is longer than ${MAX_LENGTH} bytes`);
  const node = parseEre(text);
  const words = literals(node);
  if (words === undefined) checkSize(node);
  return {
    test: words === undefined ? search(node) : oneOf(words),
    literals: words,
    prefixes: prefixes(node),
  };
}

function oneOf(words: readonly string[]): (value: string) => boolean {
  const set = new Set(words);
  return (value) => set.has(foldCase(value));
}

/** Looking for a piece of text costs next to nothing, and spares making an automaton for most expressions. */
function search(node: Node): (value: string) => boolean {
  const required = requiredText(node);
  let automaton: Automaton | undefined;
  return (value) => {
    if (required.length > 1 && !foldCase(value).includes(required)) return false;
    automaton ??= new Automaton(node);
    return automaton.test(value);
  };
}
