/**
 * Finds the first rule of a list that holds, as ruleset.ts explains. Allocates nothing per rule or condition.
 *
 * @module
 */
import { foldCase, toByteString } from '../ere/index.js';
import type { Condition } from './condition.js';
import type { MediaProbe } from './media.js';
import type { Rule } from './rule.js';
import { type Places, ValueIndex, wordsOf } from './value-index.js';

/** The rules of one kind of record, indexed. */
export class RuleFinder {
  /** For each variable that is looked up: the rules that can hold for a value of it. */
  readonly #indexes: ValueIndex[] = [];
  /** Rules that no single value rules out. */
  readonly #rest: number[] = [];
  // Results for the current record: an entry is valid only if it has the current stamp.
  #stamp = 0;
  readonly #valueStamps: Uint32Array;
  readonly #values: string[];
  readonly #resultStamps: Uint32Array;
  readonly #results: Uint8Array;
  #variables: ReadonlyMap<string, string> = new Map();
  #media: MediaProbe = () => undefined;
  readonly #rules: readonly Rule[];
  readonly #names: readonly string[];
  readonly #globals: ReadonlyMap<string, string>;

  constructor(
    rules: readonly Rule[],
    names: readonly string[],
    conditions: number,
    globals: ReadonlyMap<string, string>,
  ) {
    this.#rules = rules;
    this.#names = names;
    this.#globals = globals;
    this.#valueStamps = new Uint32Array(names.length);
    this.#values = names.map(() => '');
    this.#resultStamps = new Uint32Array(conditions);
    this.#results = new Uint8Array(conditions);
    const crowd = countCrowds(rules);
    for (const [place, rule] of rules.entries()) this.#enter(place, choose(rule.conditions, crowd));
  }

  find(variables: ReadonlyMap<string, string>, media: MediaProbe): Rule | undefined {
    this.#nextStamp();
    this.#variables = variables;
    this.#media = media;
    let best = this.#firstOf(this.#rest, this.#rules.length);
    const visitor = (places: Places): void => void (best = this.#firstOf(places, best));
    for (const index of this.#indexes) index.visit(foldCase(this.#value(index.slot)), visitor);
    return this.#rules[best];
  }

  #firstOf(places: Places, before: number): number {
    for (const place of places) {
      if (place >= before) break;
      if (this.#holds(this.#rules[place]!.conditions)) return place;
    }
    return before;
  }

  #holds(conditions: readonly Condition[]): boolean {
    for (const condition of conditions) if (!this.#result(condition)) return false;
    return true;
  }

  #result(condition: Condition): boolean {
    const { id } = condition;
    if (this.#resultStamps[id] !== this.#stamp) {
      this.#resultStamps[id] = this.#stamp;
      this.#results[id] = condition.test(condition.slot < 0 ? this.#mediaType() : this.#value(condition.slot))
        ? 1
        : 0;
    }
    return this.#results[id] === 1;
  }

  #value(slot: number): string {
    if (this.#valueStamps[slot] !== this.#stamp) {
      this.#valueStamps[slot] = this.#stamp;
      this.#values[slot] = toByteString(this.#lookup(this.#names[slot]!));
    }
    return this.#values[slot]!;
  }

  #mediaType(): string {
    const device = this.#lookup('device-name');
    return this.#media(device === '' ? this.#lookup('subsystem') : device) ?? '';
  }

  #lookup(name: string): string {
    return this.#variables.get(name) ?? this.#globals.get(name) ?? '';
  }

  #enter(place: number, key: Condition | undefined): void {
    if (key === undefined) {
      this.#rest.push(place);
      return;
    }
    let index = this.#indexes.find(({ slot }) => slot === key.slot);
    if (index === undefined) this.#indexes.push((index = new ValueIndex(key.slot)));
    index.add(place, key);
  }

  #nextStamp(): void {
    this.#stamp = (this.#stamp + 1) >>> 0;
    if (this.#stamp !== 0) return;
    this.#stamp = 1; // once in four thousand million records old stamps would seem new
    this.#valueStamps.fill(0);
    this.#resultStamps.fill(0);
  }
}

/** How many rules name each word of each variable: the fewer, the better the word as an index. */
function countCrowds(rules: readonly Rule[]): Map<string, number> {
  const crowds = new Map<string, number>();
  for (const { conditions } of rules) {
    for (const condition of conditions) {
      for (const word of wordsOf(condition) ?? []) {
        const key = `${condition.slot} ${word}`;
        crowds.set(key, (crowds.get(key) ?? 0) + 1);
      }
    }
  }
  return crowds;
}

/** The condition to index a rule by: the one whose most frequent word is named by the fewest rules. */
function choose(
  conditions: readonly Condition[],
  crowds: ReadonlyMap<string, number>,
): Condition | undefined {
  let best: Condition | undefined;
  let fewest = Infinity;
  for (const condition of conditions) {
    const words = wordsOf(condition);
    if (words === undefined) continue;
    const crowd = words.reduce((most, word) => Math.max(most, crowds.get(`${condition.slot} ${word}`)!), 0);
    if (crowd < fewest) [best, fewest] = [condition, crowd];
  }
  return best;
}
