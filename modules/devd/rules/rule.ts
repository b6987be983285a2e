import type { EventKind, Position } from '../language/index.js';
import type { Condition } from './condition.js';
import type { TemplatePart } from './template.js';

/** A rule ready to run: what must hold, and what is done then. */
export interface Rule extends Position {
  readonly file: string;
  readonly kind: EventKind;
  readonly priority: number;
  readonly conditions: readonly Condition[];
  /** Where each condition is written: conditions themselves are shared among rules. */
  readonly places: readonly Position[];
  /** All run, in order, whatever the one before said. None at all hides the rules of lower priority. */
  readonly actions: readonly Action[];
}

export interface Action extends Position {
  readonly source: string;
  readonly parts: readonly TemplatePart[];
}

/** The sub-statements that are a `match` under another name. */
export const MATCH_KINDS: ReadonlySet<string> = new Set(['device-name', 'class', 'subdevice']);
