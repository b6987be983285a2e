/**
 * Runs an expression in time linear in the value's length, whatever the expression: where a backtracking engine can
 * take hours for thirty characters that a device named itself.
 *
 * All ways through the program are walked at once. The set of places that they have come to is a state; where a state
 * leads with the next byte is found out once and kept, so that known ground costs one look into a table for each byte.
 * A value that makes new states without end is walked to its end without keeping any: a step for each instruction and
 * byte at most. States beyond a limit are forgotten, all at once.
 *
 * @module
 */
import type { Node } from './ast.js';
import { WORD } from './bracket.js';
import type { ByteSet } from './byte-set.js';
import { type Assertion, compileProgram, type Program } from './program.js';

/** How far all ways have come: places in the program, and what stood before the next byte. */
interface State {
  readonly places: readonly number[];
  readonly isFirst: boolean;
  readonly followsWord: boolean;
}

/** What needs no further byte. */
type Verdict = boolean;

const MAX_STATES = 512;
/** New states in one value before they are not worth keeping. */
const MAX_NEW_STATES = 256;

// Entries of the table that are no row.
const UNKNOWN = 0;
const FOUND = 1;
const FAILED = 2;

/** An expression as a table that fills with use. */
export class Automaton {
  readonly #program: Program;
  /** The class of each byte: bytes of one class are the same to every set. */
  readonly #classes: Uint8Array;
  /** A byte of each class; behind them stands the end of the value. */
  readonly #samples: readonly (number | undefined)[];
  /** No way begins behind the first byte. */
  readonly #isAnchored: boolean;
  readonly #seen: Uint32Array;
  #stamp = 0;
  /** The kept states, by the number of their row; the first row is no state's. */
  #states: State[] = [];
  #rows = new Map<string, number>();
  /** For each state and class the row that follows, as the place where it begins. */
  #table = new Int32Array(0);

  /** @param root an expression that passed `checkSize` */
  constructor(root: Node) {
    this.#program = compileProgram(root);
    ({ classes: this.#classes, samples: this.#samples } = classify(this.#program));
    this.#seen = new Uint32Array(this.#program.instructions.length);
    const anywhere = this.#follow([this.#program.start], 'any', (at) => at !== 'start');
    this.#isAnchored = anywhere?.length === 0;
    this.#forget();
  }

  /** Whether the expression is found anywhere in the byte string. */
  test(value: string): boolean {
    const classes = this.#classes;
    const end = this.#samples.length - 1;
    let table = this.#table;
    let left = MAX_NEW_STATES;
    let row = this.#samples.length; // of the first state
    for (let at = 0; ; at++) {
      const kind = at < value.length ? classes[value.charCodeAt(at)]! : end;
      let next = table[row + kind]!;
      if (next === UNKNOWN) {
        if (left-- === 0) return this.#walk(row, value, at);
        next = this.#learn(row, kind);
        table = this.#table;
      }
      if (next === FOUND) return true;
      if (next === FAILED) return false;
      row = next;
    }
  }

  /** The rest of a value, from a state on, without keeping what it meets. */
  #walk(row: number, value: string, start: number): boolean {
    let state = this.#states[row / this.#samples.length]!;
    for (let at = start; ; at++) {
      const kind = at < value.length ? this.#classes[value.charCodeAt(at)]! : this.#samples.length - 1;
      const next = this.#step(state, kind);
      if (typeof next === 'boolean') return next;
      state = next;
    }
  }

  /** Finds out where a state leads, and keeps it. */
  #learn(row: number, kind: number): number {
    const next = this.#step(this.#states[row / this.#samples.length]!, kind);
    if (typeof next === 'boolean') return (this.#table[row + kind] = next ? FOUND : FAILED);
    if (this.#states.length > MAX_STATES) {
      this.#forget(); // this row too
      return this.#keep(next);
    }
    const kept = this.#keep(next); // which may replace the table
    this.#table[row + kind] = kept;
    return kept;
  }

  #step(state: State, kind: number): State | Verdict {
    const byte = this.#samples[kind];
    const isWord = byte !== undefined && WORD.has(byte);
    const holds = (at: Assertion): boolean => {
      if (at === 'start') return state.isFirst;
      if (at === 'end') return byte === undefined;
      return at === 'word-start' ? !state.followsWord && isWord : state.followsWord && !isWord;
    };
    const places = this.#follow(state.places, byte, holds);
    if (places === undefined) return true;
    if (!this.#isAnchored) places.push(this.#program.start);
    return byte === undefined || places.length === 0
      ? false
      : { places, isFirst: false, followsWord: isWord };
  }

  /** Where all ways lead with a byte, undefined for the end; undefined where one of them ends before it. */
  #follow(
    from: readonly number[],
    byte: number | 'any' | undefined,
    holds: (at: Assertion) => boolean,
  ): number[] | undefined {
    const { instructions } = this.#program;
    const stamp = this.#nextStamp();
    const pending = [...from];
    const places: number[] = [];
    for (let place = pending.pop(); place !== undefined; place = pending.pop()) {
      if (this.#seen[place] === stamp) continue;
      this.#seen[place] = stamp;
      const instruction = instructions[place]!;
      if (instruction.op === 'match') return undefined;
      if (instruction.op === 'split') pending.push(...instruction.next);
      else if (instruction.op === 'assert') {
        if (holds(instruction.at)) pending.push(instruction.next);
      } else if (byte === 'any' || (byte !== undefined && instruction.set.has(byte)))
        places.push(instruction.next);
    }
    return places;
  }

  /** The row of a state, a new one if need be. */
  #keep({ places, isFirst, followsWord }: State): number {
    const sorted = [...new Set(places)].toSorted((a, b) => a - b);
    const key = `${isFirst ? 'f' : ''}${followsWord ? 'w' : ''}${sorted.join()}`;
    const known = this.#rows.get(key);
    if (known !== undefined) return known;
    const width = this.#samples.length;
    const row = this.#states.length * width;
    this.#states.push({ places: sorted, isFirst, followsWord });
    this.#rows.set(key, row);
    if (row + width > this.#table.length) {
      const larger = new Int32Array(Math.max(4 * width, 2 * this.#table.length));
      larger.set(this.#table);
      this.#table = larger;
    }
    return row;
  }

  #forget(): void {
    const first = { places: [this.#program.start], isFirst: true, followsWord: false };
    this.#states = [first];
    this.#rows.clear();
    this.#table.fill(UNKNOWN);
    this.#keep(first);
  }

  #nextStamp(): number {
    this.#stamp = (this.#stamp + 1) >>> 0;
    if (this.#stamp === 0) this.#seen.fill(0);
    return (this.#stamp ||= 1);
  }
}

/** Parts the bytes so that all of one class are in the same sets. */
function classify({ instructions }: Program): { classes: Uint8Array; samples: (number | undefined)[] } {
  const sets = new Set<ByteSet>([WORD]);
  for (const instruction of instructions) if (instruction.op === 'set') sets.add(instruction.set);
  const classes = new Uint8Array(256);
  for (const set of sets) {
    const renamed = new Map<number, number>();
    for (let byte = 0; byte < 256; byte++) {
      const key = classes[byte]! * 2 + (set.has(byte) ? 1 : 0);
      if (!renamed.has(key)) renamed.set(key, renamed.size);
      classes[byte] = renamed.get(key)!;
    }
  }
  const samples: (number | undefined)[] = [];
  for (let byte = 255; byte >= 0; byte--) samples[classes[byte]!] = byte;
  return { classes, samples: [...samples, undefined] };
}
