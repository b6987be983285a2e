/** An expression as instructions of a machine that can be in many states at once (Thompson's construction). */
import { EreError, type Node } from './ast.js';
import type { ByteSet } from './byte-set.js';

export type Assertion = 'start' | 'end' | 'word-start' | 'word-end';

export type Instruction =
  /** Takes a byte of the set. */
  | { readonly op: 'set'; readonly set: ByteSet; readonly next: number }
  | { readonly op: 'assert'; readonly at: Assertion; readonly next: number }
  | { readonly op: 'split'; readonly next: readonly number[] }
  | { readonly op: 'match' };

export interface Program {
  readonly instructions: readonly Instruction[];
  readonly start: number;
}

/**
 * More than any expression needs that was written by hand. One byte of a value costs at most a step for each
 * instruction: with records of at most 8192 bytes this bounds the time that one expression can take.
 */
const MAX_INSTRUCTIONS = 2000;

/** @throws EreError REG_ESPACE for an expression that is too large; nothing is built of it */
export function checkSize(root: Node): void {
  if (sizeOf(root) > MAX_INSTRUCTIONS)
    throw new EreError(
      'REG_ESPACE',
      `the expression has more than ${MAX_INSTRUCTIONS} parts, repetitions counted out`,
    );
}

/** The program of an expression that `checkSize` lets pass. */
export function compileProgram(root: Node): Program {
  const compiler = new Compiler();
  const start = compiler.compile(root, 0);
  return { instructions: compiler.instructions, start };
}

/**
 * Instructions of an expression, without the one that ends it, as far as they matter. What has none counts too, as one:
 * to repeat it takes time all the same.
 */
function sizeOf(node: Node): number {
  return Math.min(Math.max(1, countOf(node)), MAX_INSTRUCTIONS + 1);
}

function countOf(node: Node): number {
  switch (node.type) {
    case 'set':
    case 'assert':
      return 1;
    case 'cat':
      return node.items.reduce((sum, item) => sum + sizeOf(item), 0);
    case 'alt':
      return node.items.reduce((sum, item) => sum + sizeOf(item), 1);
    case 'repeat': {
      const item = sizeOf(node.item);
      const optional = node.max === Number.POSITIVE_INFINITY ? 1 : node.max - node.min;
      return node.min * item + optional * (item + 1);
    }
  }
}

class Compiler {
  readonly instructions: Instruction[] = [{ op: 'match' }];

  /** Emits code for `node` that goes on at `next`; returns where it begins. */
  compile(node: Node, next: number): number {
    switch (node.type) {
      case 'set':
        return this.#emit({ op: 'set', set: node.set, next });
      case 'assert':
        return this.#emit({ op: 'assert', at: node.at, next });
      case 'cat':
        return node.items.reduceRight((following, item) => this.compile(item, following), next);
      case 'alt':
        return this.#emit({ op: 'split', next: node.items.map((item) => this.compile(item, next)) });
      case 'repeat':
        return this.#repeat(node.item, node.min, node.max, next);
    }
  }

  #repeat(item: Node, min: number, max: number, next: number): number {
    let following = max === Number.POSITIVE_INFINITY ? this.#loop(item, next) : next;
    for (let i = min; i < max && max !== Number.POSITIVE_INFINITY; i++)
      following = this.#emit({ op: 'split', next: [this.compile(item, following), next] });
    for (let i = 0; i < min; i++) following = this.compile(item, following);
    return following;
  }

  #loop(item: Node, next: number): number {
    const split = this.#emit({ op: 'split', next: [next] });
    const body = this.compile(item, split);
    this.instructions[split] = { op: 'split', next: [body, next] };
    return split;
  }

  #emit(instruction: Instruction): number {
    return this.instructions.push(instruction) - 1;
  }
}
