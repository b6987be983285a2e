/**
 * Finds rules that can never fire: their lines contradict each other, or another rule always wins.
 *
 * @module
 */
import type { EventKind } from '../language/index.js';
import type { Condition, Rule, Ruleset } from '../rules/index.js';
import type { Warning } from './warning.js';

const KINDS: readonly EventKind[] = ['attach', 'detach', 'nomatch', 'notify'];

/** Warnings about rules that can never fire. */
export function checkReach(ruleset: Ruleset): Warning[] {
  return KINDS.flatMap((kind) => {
    const before = new Earlier();
    return ruleset.rules[kind].flatMap((rule) => {
      const found = checkRule(rule, before);
      before.add(rule);
      return found;
    });
  });
}

function checkRule(rule: Rule, before: Earlier): Warning[] {
  const { file, line, column } = rule;
  const conflict = contradiction(rule.conditions);
  if (conflict !== undefined) {
    return [{ file, line, column, message: `the rule can never fire: no ${conflict} matches all its lines` }];
  }
  const winner = before.winner(rule);
  if (winner === undefined) return [];
  const message = `the rule can never fire: the one at ${winner.file}:${winner.line} comes first, and holds whenever this one does`;
  return [{ file, line, column, message }];
}

/** The key of a rule without a line to match. */
const ANYTHING = '';

/**
 * The rules that come first. Each is kept under one of its lines, so that of thousands only those are compared with a rule
 * whose line it may meet.
 */
class Earlier {
  readonly #rules: Rule[] = [];
  /** Indexes of rules, ascending. */
  readonly #kept = new Map<string, number[]>();

  add(rule: Rule): void {
    const place = this.#rules.push(rule) - 1;
    for (const key of this.#rarest(rule.conditions)) {
      const places = this.#kept.get(key);
      if (places === undefined) this.#kept.set(key, [place]);
      else places.push(place);
    }
  }

  /** The first that holds whenever this one does. */
  winner({ conditions }: Rule): Rule | undefined {
    let best = this.#rules.length;
    for (const key of [ANYTHING, ...conditions.flatMap(metKeys)])
      for (const place of this.#kept.get(key) ?? []) {
        if (place >= best) break;
        if (covers(this.#rules[place]!.conditions, conditions)) best = place;
      }
    return this.#rules[best];
  }

  /** The keys of the line under which the fewest rules are kept. */
  #rarest(conditions: readonly Condition[]): readonly string[] {
    let [best, fewest]: [readonly string[], number] = [[ANYTHING], Number.POSITIVE_INFINITY];
    for (const keys of conditions.map(ownKeys)) {
      const crowd = this.#kept.get(keys[0]!)?.length ?? 0;
      if (crowd < fewest) [best, fewest] = [keys, crowd];
    }
    return best;
  }
}

/** Under which a line is kept: the values for which it holds; or itself and, for lines with values, its variable. */
function ownKeys({ id, slot, literals }: Condition): readonly string[] {
  return literals?.map((word) => `${slot} ${word}`) ?? [`line ${id}`, `any ${slot}`];
}

/** Those of all lines that may hold whenever this one does: see {@link implies}. */
function metKeys({ id, slot, literals }: Condition): readonly string[] {
  return literals === undefined ? [`line ${id}`] : [`${slot} ${literals[0]}`, `any ${slot}`];
}

/** The variable of which no value matches all lines. */
function contradiction(conditions: readonly Condition[]): string | undefined {
  const narrow = conditions.find(
    ({ literals, variable }) =>
      literals !== undefined &&
      !literals.some((word) =>
        conditions.every(
          (other) => other.variable !== variable || other.kind !== 'match' || other.test(word),
        ),
      ),
  );
  return narrow?.variable;
}

/** Whether every record that meets all of `special` meets all of `general`. May say no where that is undecided. */
function covers(general: readonly Condition[], special: readonly Condition[]): boolean {
  return general.every((wide) => special.some((narrow) => implies(narrow, wide)));
}

function implies(narrow: Condition, wide: Condition): boolean {
  if (narrow.id === wide.id) return true;
  if (narrow.kind !== 'match' || wide.kind !== 'match' || narrow.variable !== wide.variable) return false;
  return narrow.literals !== undefined && narrow.literals.every((word) => wide.test(word));
}
