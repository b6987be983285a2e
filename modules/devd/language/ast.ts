/** What a devd.conf file says, statement by statement, as devd.conf(5) defines it. */

/** Where something stands in a file. Lines and columns count from 1; the column counts characters. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** The four kinds of rules; the kind of record each is for is in `EVENT_OF`. */
export type EventKind = 'attach' | 'detach' | 'nomatch' | 'notify';

/** One of `directory`, `pid-file` and `set` out of an `options` block. */
export interface OptionStatement {
  readonly kind: 'option';
  readonly option: 'directory' | 'pid-file' | 'set';
  /** The directory, the path, or the name of the variable. */
  readonly name: string;
  /** The value given to a `set` variable; empty for the others. */
  readonly value: string;
  readonly at: Position;
}

/** A rule. One without any sub-statement is accepted by the grammar and discarded. */
export interface EventStatement {
  readonly kind: EventKind;
  /** A signed 32-bit number, as atoi(3) leaves it; the larger one wins. */
  readonly priority: number;
  readonly subs: readonly SubStatement[];
  readonly at: Position;
}

/** A line of a rule, in the order written. */
export interface SubStatement {
  readonly kind: SubKind;
  /** The variable of a `match`; the one string of all others. */
  readonly first: string;
  /** The expression of a `match`; empty for all others. */
  readonly second: string;
  readonly at: Position;
}

export type SubKind = 'match' | 'device-name' | 'class' | 'subdevice' | 'media-type' | 'action';

export type Statement = OptionStatement | EventStatement;

/** What the parser found wrong, or found odd and passed over as the genuine scanner does. */
export interface Remark extends Position {
  readonly message: string;
}

/** One file's result. With an error, `statements` holds what had been read completely before it. */
export interface ParsedFile {
  readonly file: string;
  readonly statements: readonly Statement[];
  readonly error?: Remark;
  /** Accepted silently by the genuine parser, and surely not meant. */
  readonly oddities: readonly Remark[];
}

/** `file:line:column: message`, the form editors jump to. */
export function describeRemark(file: string, { line, column, message }: Remark): string {
  return `${file}:${line}:${column}: ${message}`;
}
