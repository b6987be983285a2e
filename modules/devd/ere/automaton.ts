/**
 * The same expressions as a set of states walked in parallel: time is linear in the value's length whatever the
 * expression, where a backtracking engine can take hours for thirty characters that a device named itself.
 */
import { EreError, type Node } from './ast.js';
import { WORD } from './bracket.js';
import type { ByteSet } from './byte-set.js';

type Instruction =
  | { readonly op: 'set'; readonly set: ByteSet; readonly next: number }
  | { readonly op: 'assert'; readonly at: 'start' | 'end' | 'word-start' | 'word-end'; readonly next: number }
  | { readonly op: 'split'; readonly next: readonly number[] }
  | { readonly op: 'match' };

/** More than any expression needs that was written by hand. */
const SIZE_MAX = 20_000;

export class Automaton {
  readonly #program: Instruction[] = [{ op: 'match' }];
  readonly #start: number;

  /** Throws EreError (REG_ESPACE) where counted repetitions multiply beyond all use. */
  constructor(root: Node) {
    this.#start = this.#compile(root, 0);
  }

  /** Whether the expression is found anywhere in the byte string. */
  test(value: string): boolean {
    const seen = new Int32Array(this.#program.length).fill(-1);
    let states: number[] = [];
    for (let at = 0; at <= value.length; at++) {
      const closed = this.#close([...states, this.#start], value, at, seen);
      if (closed === undefined) return true;
      const byte = value.charCodeAt(at);
      states = closed.flatMap((state) => {
        const instruction = this.#program[state]!;
        return instruction.op === 'set' && instruction.set.has(byte) ? [instruction.next] : [];
      });
    }
    return false;
  }

  /** All states reachable without taking a byte; undefined when the match is among them. */
  #close(from: number[], value: string, at: number, seen: Int32Array): number[] | undefined {
    const takers: number[] = [];
    const pending = from.toReversed();
    for (let state = pending.pop(); state !== undefined; state = pending.pop()) {
      if (seen[state] === at) continue;
      seen[state] = at;
      const instruction = this.#program[state]!;
      if (instruction.op === 'match') return undefined;
      if (instruction.op === 'set') takers.push(state);
      else if (instruction.op === 'split') pending.push(...instruction.next);
      else if (holds(instruction.at, value, at)) pending.push(instruction.next);
    }
    return takers;
  }

  /** Emits code for `node` that goes on at `next`; returns where it begins. */
  #compile(node: Node, next: number): number {
    switch (node.type) {
      case 'set':
        return this.#emit({ op: 'set', set: node.set, next });
      case 'assert':
        return this.#emit({ op: 'assert', at: node.at, next });
      case 'cat':
        return node.items.reduceRight((following, item) => this.#compile(item, following), next);
      case 'alt':
        return this.#emit({ op: 'split', next: node.items.map((item) => this.#compile(item, next)) });
      case 'repeat':
        return this.#repeat(node.item, node.min, node.max, next);
    }
  }

  #repeat(item: Node, min: number, max: number, next: number): number {
    let following = max === Infinity ? this.#loop(item, next) : next;
    for (let i = min; i < max && max !== Infinity; i++) {
      following = this.#emit({ op: 'split', next: [this.#compile(item, following), next] });
    }
    for (let i = 0; i < min; i++) following = this.#compile(item, following);
    return following;
  }

  #loop(item: Node, next: number): number {
    const split = this.#emit({ op: 'split', next: [next] });
    const body = this.#compile(item, split);
    this.#program[split] = { op: 'split', next: [body, next] };
    return split;
  }

  #emit(instruction: Instruction): number {
    if (this.#program.length >= SIZE_MAX) {
      throw new EreError('REG_ESPACE', 'the counted repetitions multiply to too large an expression');
    }
    return this.#program.push(instruction) - 1;
  }
}

function holds(at: 'start' | 'end' | 'word-start' | 'word-end', value: string, place: number): boolean {
  if (at === 'start') return place === 0;
  if (at === 'end') return place === value.length;
  const before = place > 0 && WORD.has(value.charCodeAt(place - 1));
  const after = place < value.length && WORD.has(value.charCodeAt(place));
  return at === 'word-start' ? !before && after : before && !after;
}
