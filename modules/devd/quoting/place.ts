/** The quotes around a place. */
export type Context = 'word' | 'single' | 'double' | 'comment';

/**
 * Which values may stand at a place: any, quoted; those of harmless characters; numbers; none that comes out of a
 * record.
 */
export type Admission = 'any' | 'harmless' | 'number' | 'none';

/** Why a place does not take any value. */
export interface Doubt {
  readonly admits: Exclude<Admission, 'any'>;
  readonly reason: string;
}

/** Where in a shell command a value goes. */
export interface Place {
  readonly context: Context;
  readonly inBackticks: boolean;
  /** What hangs on the last character written: a backslash or a dollar sign that would take our quote. */
  readonly dangling: '' | '\\' | '$';
  /** A value that begins with a dash would be read as an option of a program that may run commands by options. */
  readonly atOption: boolean;
  /** The place in the script that this word is, for another shell. */
  readonly inner: Place | undefined;
  readonly doubt: Doubt | undefined;
}

/** A doubt about values that harmless characters dispel. */
export function harmless(reason: string): Doubt {
  return { admits: 'harmless', reason };
}

/** A doubt about values that are no numbers: some shells take the name of a variable, and what that holds, for arithmetic. */
export function number(reason: string): Doubt {
  return { admits: 'number', reason };
}

/** A doubt about every value: it would be the name of what is run, or it is not known what it would be. */
export function none(reason: string): Doubt {
  return { admits: 'none', reason };
}

const GRAVITY = { harmless: 1, number: 2, none: 3 };

/** The graver of two doubts, the first if they are alike. */
export function graver(a: Doubt | undefined, b: Doubt | undefined): Doubt | undefined {
  if (a === undefined || (b !== undefined && GRAVITY[b.admits] > GRAVITY[a.admits])) return b;
  return a;
}
