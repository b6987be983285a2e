/**
 * Parsed files as rules that can be asked. Per kind of record there is one list, in reading order and then stably
 * by falling priority; of a record's list the first rule whose conditions all hold is the one that fires.
 *
 * To find it among a thousand without trying each, every rule that has a condition met by few values only is
 * entered under those values; what the record says looks up the rules that can hold at all, and the rest are
 * tried one by one. The first in the list's order wins in either case, so the meaning is that of a plain scan.
 */
import type { EventKind, EventStatement, ParsedFile, Position, SubStatement } from '../language/index.js';
import { type Condition, matchCondition, mediaCondition } from './condition.js';
import type { MediaProbe } from './media.js';
import { type Action, MATCH_KINDS, type Rule } from './rule.js';
import { RuleFinder } from './rule-finder.js';
import { fillTemplate, parseTemplate } from './template.js';

const NO_MEDIA: MediaProbe = () => undefined;

export class Ruleset {
  /** The variables that `set` gives, with their last values. */
  readonly globals: ReadonlyMap<string, string>;
  readonly rules: Readonly<Record<EventKind, readonly Rule[]>>;
  readonly conditions: readonly Condition[];
  readonly pidFile: string | undefined;
  readonly #finders: Readonly<Record<EventKind, RuleFinder>>;

  /** Takes the files in the order read. What a file with an error says before it counts. */
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
    // The pattern is expanded with what is set by now; nothing but the expansion may tell two conditions apart.
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
