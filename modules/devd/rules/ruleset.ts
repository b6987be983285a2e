/**
 * Compiles parsed files into rules. Each kind of record has one list, sorted by descending priority and, among equals,
 * by reading order. The first rule of the list whose conditions all hold fires.
 *
 * To avoid trying every rule, a rule with a condition that only few values meet is indexed under those values. The
 * record's values select the rules that can hold at all; rules without such a condition are tried one by one. The first
 * of the list wins in either case, so the result is that of a plain scan.
 *
 * @module
 */
import type { EventKind, EventStatement, ParsedFile, Position, SubStatement } from '../language/index.js';
import { type Condition, matchCondition, mediaCondition } from './condition.js';
import type { MediaProbe } from './media.js';
import { type Action, MATCH_KINDS, type Rule } from './rule.js';
import { RuleFinder } from './rule-finder.js';
import { fillTemplate, parseTemplate } from './template.js';

const NO_MEDIA: MediaProbe = () => undefined;

/** The rules and variables of a configuration. */
export class Ruleset {
  /** The variables given by `set`, with their last values. */
  readonly globals: ReadonlyMap<string, string>;
  readonly rules: Readonly<Record<EventKind, readonly Rule[]>>;
  readonly conditions: readonly Condition[];
  readonly pidFile: string | undefined;
  readonly #finders: Readonly<Record<EventKind, RuleFinder>>;

  /** @param files in the order read; of a file with an error the statements before it count */
  constructor(files: readonly ParsedFile[]) {
    const compiler = new Compiler();
    for (const file of files) compiler.add(file);
    this.globals = compiler.globals;
    this.pidFile = compiler.pidFile;
    this.conditions = [...compiler.conditions.values()];
    const { attach, detach, nomatch, notify } = compiler.rules;
    this.rules = {
      attach: byPriority(attach),
      detach: byPriority(detach),
      nomatch: byPriority(nomatch),
      notify: byPriority(notify),
    };
    const finder = (rules: readonly Rule[]): RuleFinder =>
      new RuleFinder(rules, [...compiler.slots.keys()], this.conditions.length, this.globals);
    this.#finders = {
      attach: finder(this.rules.attach),
      detach: finder(this.rules.detach),
      nomatch: finder(this.rules.nomatch),
      notify: finder(this.rules.notify),
    };
  }

  /** The rule that fires for a record of this kind with these variables, if any. */
  match(
    kind: EventKind,
    variables: ReadonlyMap<string, string>,
    media: MediaProbe = NO_MEDIA,
  ): Rule | undefined {
    return this.#finders[kind].find(variables, media);
  }

  /** A variable's value: the record's, or else one that was `set`, or else nothing. */
  lookup(variables: ReadonlyMap<string, string>, name: string): string {
    return variables.get(name) ?? this.globals.get(name) ?? '';
  }
}

function byPriority(rules: readonly Rule[]): Rule[] {
  return rules.toSorted((a, b) => b.priority - a.priority);
}

class Compiler {
  readonly globals = new Map<string, string>();
  readonly rules: Record<EventKind, Rule[]> = { attach: [], detach: [], nomatch: [], notify: [] };
  readonly conditions = new Map<string, Condition>();
  readonly slots = new Map<string, number>();
  pidFile: string | undefined;

  add({ file, statements }: ParsedFile): void {
    for (const statement of statements) {
      if (statement.kind !== 'option') this.rules[statement.kind].push(this.#rule(file, statement));
      else if (statement.option === 'set') this.globals.set(statement.name, statement.value);
      else if (statement.option === 'pid-file') this.pidFile = statement.name;
    }
  }

  #rule(file: string, { kind, priority, subs, at }: EventStatement): Rule {
    const conditions: Condition[] = [];
    const places: Position[] = [];
    const actions: Action[] = [];
    for (const sub of subs) {
      if (sub.kind === 'action')
        actions.push({ source: sub.first, parts: parseTemplate(sub.first), ...sub.at });
      else {
        conditions.push(this.#condition(sub));
        places.push(sub.at);
      }
    }
    return { file, ...at, kind, priority, conditions, places, actions };
  }

  #condition(sub: SubStatement): Condition {
    const isMedia = sub.kind === 'media-type';
    const [variable, written] = MATCH_KINDS.has(sub.kind) ? [sub.kind, sub.first] : [sub.first, sub.second];
    // The pattern is expanded with the variables set so far: conditions with equal expansions are one.
    const expand = (text: string): string =>
      fillTemplate(parseTemplate(text), (name) => this.globals.get(name) ?? '');
    const key = isMedia ? `media-type ${sub.first}` : JSON.stringify([variable, written, expand(written)]);
    const known = this.conditions.get(key);
    if (known !== undefined) return known;
    const numbers = { id: this.conditions.size, slot: isMedia ? -1 : this.#slot(variable) };
    const condition = isMedia
      ? mediaCondition(sub.first, numbers)
      : matchCondition(variable, written, expand, numbers);
    this.conditions.set(key, condition);
    return condition;
  }

  #slot(variable: string): number {
    const slot = this.slots.get(variable) ?? this.slots.size;
    this.slots.set(variable, slot);
    return slot;
  }
}
