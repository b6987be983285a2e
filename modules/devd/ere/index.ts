/** POSIX extended regular expressions: read as FreeBSD reads them, run by JavaScript's engine where that is safe. */
import { canExplode, literals, prefixes, requiredText } from './analysis.js';
import { EreError } from './ast.js';
import { Automaton } from './automaton.js';
import { foldCase } from './bytes.js';
import { parseEre } from './parser.js';
import { toJavaScript } from './translate.js';

export { canExplode, literals, prefixes, requiredText } from './analysis.js';
export { EreError, type Node } from './ast.js';
export { Automaton } from './automaton.js';
export { foldCase, toByteString } from './bytes.js';
export { parseEre } from './parser.js';
export { toJavaScript } from './translate.js';

export interface Ere {
  /** Takes a byte string (see toByteString); true where the expression is found. */
  test(value: string): boolean;
  /** All values it matches, in lower case, where they are few. */
  readonly literals: readonly string[] | undefined;
  /** Texts, in lower case, with one of which every value it matches begins, where they are few. */
  readonly prefixes: readonly string[] | undefined;
}

/** Compiles a byte string. Throws EreError, which names what cannot be taken. */
export function compileEre(text: string): Ere {
  const node = parseEre(text);
  const words = literals(node);
  const engine = canExplode(node) ? new Automaton(node) : translated(toJavaScript(node));
  const mayMatch = quickRefusal(words === undefined ? requiredText(node) : '');
  return {
    test: (value) => mayMatch(value) && engine.test(value),
    literals: words,
    prefixes: prefixes(node),
  };
}

/** Looking for a piece of text costs next to nothing, and spares running most expressions that cannot match. */
function quickRefusal(text: string): (value: string) => boolean {
  return text.length < 2 ? () => true : (value) => foldCase(value).includes(text);
}

function translated(source: string): RegExp {
  try {
    return new RegExp(source);
  } catch {
    throw new EreError('REG_ESPACE', 'the expression is too large'); // the only complaint left to the engine
  }
}
