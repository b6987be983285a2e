/** POSIX extended regular expressions: read as FreeBSD reads them, run by JavaScript's engine where that is safe. */
import { canExplode, literals } from './analysis.js';
import { EreError } from './ast.js';
import { Automaton } from './automaton.js';
import { parseEre } from './parser.js';
import { toJavaScript } from './translate.js';

export { canExplode, literals } from './analysis.js';
export { EreError, type Node } from './ast.js';
export { Automaton } from './automaton.js';
export { toByteString } from './bytes.js';
export { parseEre } from './parser.js';
export { toJavaScript } from './translate.js';

export interface Ere {
  /** Takes a byte string (see toByteString); true where the expression is found. */
  test(value: string): boolean;
  /** All values it matches, in lower case, where they are few. */
  readonly literals: readonly string[] | undefined;
}

/** Compiles a byte string. Throws EreError, which names what cannot be taken. */
export function compileEre(text: string): Ere {
  const node = parseEre(text);
  const words = literals(node);
  const engine = canExplode(node) ? new Automaton(node) : translated(toJavaScript(node));
  return { test: (value) => engine.test(value), literals: words };
}

function translated(source: string): RegExp {
  try {
    return new RegExp(source);
  } catch {
    throw new EreError('REG_ESPACE', 'the expression is too large'); // the only complaint left to the engine
  }
}
