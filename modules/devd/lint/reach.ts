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
    const rules = ruleset.rules[kind];
    return rules.flatMap((rule, place) => checkRule(rule, rules.slice(0, place)));
  });
}

function checkRule(rule: Rule, before: readonly Rule[]): Warning[] {
  const { file, line, column } = rule;
  const conflict = contradiction(rule.conditions);
  if (conflict !== undefined) {
    return [{ file, line, column, message: `the rule can never fire: no ${conflict} matches all its lines` }];
  }
  const winner = before.find((other) => covers(other.conditions, rule.conditions));
  if (winner === undefined) return [];
  const message = `the rule can never fire: the one at ${winner.file}:${winner.line} comes first, and holds whenever this one does`;
  return [{ file, line, column, message }];
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
