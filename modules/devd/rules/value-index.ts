/** Rules by the values of one variable for which they can hold: whole values, or their beginnings. */
import type { Condition } from './condition.js';

/** The rules' places in the list, rising. */
export type Places = readonly number[];

export class ValueIndex {
  readonly #whole = new Map<string, number[]>();
  readonly #beginnings = new Map<string, number[]>();
  /** The different lengths of the beginnings. */
  readonly #lengths: number[] = [];

  constructor(readonly slot: number) {}

  /** Enters a rule under the literals or prefixes of one of its conditions. Places come rising. */
  add(place: number, { literals, prefixes }: Condition): void {
    const map = literals === undefined ? this.#beginnings : this.#whole;
    for (const word of new Set(literals ?? prefixes)) {
      const places = map.get(word);
      if (places === undefined) map.set(word, [place]);
      else places.push(place);
      if (map === this.#beginnings && !this.#lengths.includes(word.length)) this.#lengths.push(word.length);
    }
  }

  /** Calls with each group of rules that can hold for the value, which is in lower case. */
  visit(value: string, visitor: (places: Places) => void): void {
    const whole = this.#whole.get(value);
    if (whole !== undefined) visitor(whole);
    for (const length of this.#lengths) {
      const places = this.#beginnings.get(value.slice(0, length));
      if (places !== undefined) visitor(places);
    }
  }
}

/** The words under which a rule can be found by a condition; undefined where it can be found by none. */
export function wordsOf({ literals, prefixes }: Condition): readonly string[] | undefined {
  return literals ?? prefixes;
}
