/**
 * Properties of an expression that are known without running it.
 *
 * @module
 */
import type { Node } from './ast.js';
import { otherCase } from './byte-set.js';

/** More values than this are left to the automaton. */
const MAX_LITERALS = 4096;
/** Characters of all values together. */
const MAX_SPELT = 1_000_000;
const MAX_PREFIXES = 32;
/** More letters than this in one place are left to the automaton. */
const MAX_SPELLINGS = 16;

/**
 * All values that an expression matches, in lower case; undefined if they are many, or it is not anchored at both ends. `(em|igb)0` gives em0 and igb0; the half-anchored `em0|igb0` gives nothing.
 */
export function literals(node: Node): string[] | undefined {
  const branches = node.type === 'alt' ? node.items : [node];
  const words: string[] = [];
  for (const branch of branches) {
    const inner = anchored(branch);
    const found = inner === undefined ? undefined : spell(inner);
    if (found === undefined || words.push(...found) > MAX_LITERALS) return undefined;
  }
  return words;
}

function anchored(branch: Node): readonly Node[] | undefined {
  if (branch.type !== 'cat') return undefined;
  const [first, last] = [branch.items[0], branch.items.at(-1)];
  const isWhole =
    first?.type === 'assert' && first.at === 'start' && last?.type === 'assert' && last.at === 'end';
  return isWhole && branch.items.length >= 2 ? branch.items.slice(1, -1) : undefined;
}

function spell(items: readonly Node[]): string[] | undefined {
  let words = [''];
  for (const item of items) {
    const next = spellOne(item);
    if (next === undefined || words.length * next.length > MAX_LITERALS) return undefined;
    if (words.length * next.length * items.length > MAX_SPELT) return undefined;
    words = words.flatMap((word) => next.map((tail) => word + tail));
  }
  return words;
}

function spellOne(node: Node): string[] | undefined {
  if (node.type === 'cat') return spell(node.items);
  if (node.type === 'alt') {
    const parts = node.items.map(spellOne);
    return parts.some((part) => part === undefined) ? undefined : parts.flatMap((part) => part!);
  }
  if (node.type !== 'set') return undefined;
  const bytes = new Set(node.set.bytes().map((byte) => Math.max(byte, otherCase(byte))));
  return bytes.size > MAX_SPELLINGS ? undefined : [...bytes].map((byte) => String.fromCharCode(byte));
}

/**
 * Prefixes, in lower case, one of which every value has that the expression matches; undefined if it is not anchored at
 * the start, or they are many. `(em|igb)[0-9]+` gives em and igb.
 */
export function prefixes(node: Node): string[] | undefined {
  const [first, ...rest] = node.type === 'cat' ? node.items : [];
  if (first?.type !== 'assert' || first.at !== 'start') return undefined;
  let words = [''];
  for (const item of rest) {
    const next = spellOne(item);
    if (next === undefined || words.length * next.length > MAX_PREFIXES) break;
    words = words.flatMap((word) => next.map((tail) => word + tail));
  }
  return words.includes('') ? undefined : words;
}

/**
 * A text, in lower case, that every value contains that the expression matches; empty if none is known.
 */
export function requiredText(node: Node): string {
  const items = node.type === 'cat' ? node.items : [node];
  let longest = '';
  let run = '';
  for (const item of items) {
    const [char, ...others] = (item.type === 'set' && spellOne(item)) || [];
    run = char !== undefined && others.length === 0 ? run + char : '';
    if (run.length > longest.length) longest = run;
  }
  return longest;
}
