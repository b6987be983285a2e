import type { Condition } from './condition.js';

/** Indexes of rules in the list, ascending. */
export type Places = readonly number[];

/** Rules by the values of one variable for which they can hold: whole values, or prefixes. */
export class ValueIndex {
  readonly #whole = new Map<string, number[]>();
  readonly #prefixes = new Map<string, number[]>();
  /** The distinct lengths of the prefixes. */
  readonly #lengths: number[] = [];

  constructor(readonly slot: number) {}

  /** Adds a rule under the literals or prefixes of one of its conditions. @param place greater than any before */
  add(place: number, { literals, prefixes }: Condition): void {
    const map = literals === undefined ? this.#prefixes : this.#whole;
    for (const word of new Set(literals ?? prefixes)) {
      const places = map.get(word);
      if (places === undefined) map.set(word, [place]);
      else places.push(place);
      if (map === this.#prefixes && !this.#lengths.includes(word.length)) this.#lengths.push(word.length);
    }
  }

  /** Calls `visitor` with each group of rules that can hold. @param value in lower case */
  visit(value: string, visitor: (places: Places) => void): void {
    const whole = this.#whole.get(value);
    if (whole !== undefined) visitor(whole);
    for (const length of this.#lengths) {
      const places = this.#prefixes.get(value.slice(0, length));
      if (places !== undefined) visitor(places);
    }
  }
}

/** The words under which a condition can index a rule; undefined if there are none. */
export function wordsOf({ literals, prefixes }: Condition): readonly string[] | undefined {
  return literals ?? prefixes;
}
