/** The quotes around a place. */
export type Context = 'word' | 'single' | 'double' | 'comment';

/** Which values may stand at a place: any, quoted; those of harmless characters; none that comes out of a record. */
export type Admission = 'any' | 'harmless' | 'none';

/** Why a place does not take any value. */
export interface Doubt {
  readonly admits: Exclude<Admission, 'any'>;
  readonly reason: string;
  /** What stands there may be a script for a shell, in which even a harmless value can name a command. */
  readonly isScript?: true;
}

/** Where in a shell command a value goes. */
export interface Place {
  readonly context: Context;
  readonly inBackticks: boolean;
  /** What hangs on the last character written: a backslash or a dollar sign that would take our quote. */
  readonly dangling: '' | '\\' | '$';
  /** A value that begins with a dash would be read as an option of a program that may run commands by options. */
  readonly atOption: boolean;
  /** A value would be the first that its command gives out, so that what reads on takes it for a command. */
  readonly leads: boolean;
  /** The place in the script that this word is, for another shell. */
  readonly inner: Place | undefined;
  readonly doubt: Doubt | undefined;
}

/** A doubt about values that harmless characters dispel. */
export function harmless(reason: string): Doubt {
  return { admits: 'harmless', reason };
}

/** The same, where the words may be read again by a shell. */
export function reread(reason: string): Doubt {
  return { admits: 'harmless', reason, isScript: true };
}

/** A doubt about every value: it would be the name of what is run. */
export function none(reason: string): Doubt {
  return { admits: 'none', reason };
}

/** The graver of two doubts, the first if they are alike. */
export function graver(a: Doubt | undefined, b: Doubt | undefined): Doubt | undefined {
  if (a === undefined || (b?.admits === 'none' && a.admits === 'harmless')) return b;
  return a;
}

/** The gravest doubt about a place and the scripts that it is part of. */
export function gravest(place: Place | undefined): Doubt | undefined {
  return place === undefined ? undefined : graver(place.doubt, gravest(place.inner));
}
