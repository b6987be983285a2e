/**
 * The statements of a devd.conf file, as devd.conf(5) defines them.
 *
 * @module
 */

/** A position in a file. Lines and columns count from 1; the column counts characters. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** The four kinds of rules, named by the records they are for. */
export type EventKind = 'attach' | 'detach' | 'nomatch' | 'notify';

/** A line of an `options` block. */
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

/** The lines that a rule can have. */
export type SubKind = 'match' | 'device-name' | 'class' | 'subdevice' | 'media-type' | 'action';

/** A line of options, or a rule. */
export type Statement = OptionStatement | EventStatement;

/** An error, or an oddity that FreeBSD's scanner passes over. */
export interface Remark extends Position {
  readonly message: string;
}

/** A parsed file. With an error, `statements` holds the complete statements before it. */
export interface ParsedFile {
  readonly file: string;
  readonly statements: readonly Statement[];
  readonly error?: Remark;
  /** What FreeBSD's parser accepts silently and the author cannot have meant. */
  readonly oddities: readonly Remark[];
}

/** `file:line:column: message`, which editors can jump to. */
export function describeRemark(file: string, { line, column, message }: Remark): string {
  return `${file}:${line}:${column}: ${message}`;
}
