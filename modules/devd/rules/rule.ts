import type { EventKind, Position } from '../language/index.js';
import type { Condition } from './condition.js';
import type { TemplatePart } from './template.js';

/** A compiled rule: conditions and actions. */
export interface Rule extends Position {
  readonly file: string;
  readonly kind: EventKind;
  readonly priority: number;
  readonly conditions: readonly Condition[];
  /** The position of each condition in the file: conditions themselves are shared among rules. */
  readonly places: readonly Position[];
  /** Run in order, each whatever the exit status of the one before. A rule without any hides those of lower priority. */
  readonly actions: readonly Action[];
}

/** A command of a rule. */
export interface Action extends Position {
  readonly source: string;
  readonly parts: readonly TemplatePart[];
}

/** Sub-statements that are a `match` of the variable of that name. */
export const MATCH_KINDS: ReadonlySet<string> = new Set(['device-name', 'class', 'subdevice']);
